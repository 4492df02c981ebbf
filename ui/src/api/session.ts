/** Whether the service accepts the requests of this page. Nothing here knows the token: the browser keeps a cookie. */
const listeners = new Set<() => void>();
let accepted = Promise.resolve();
/** Set while the service requires signing in. */
let release: (() => void) | undefined;

function notify(): void {
  listeners.forEach((listener) => listener());
}

export const session = {
  isRefused: (): boolean => release !== undefined,
  /** Resolves when requests are accepted, as far as the page knows: now, or after signing in. */
  accepted: (): Promise<void> => accepted,
  /**
   * The service refused a request for want of a session.
   * @param since what `accepted` returned when it was sent; if the person has signed in meanwhile, it says nothing.
   */
  refuse(since: Promise<void>): void {
    if (release || since !== accepted) return;
    accepted = new Promise((resolve) => (release = resolve));
    notify();
  },
  /** The person has signed in. */
  accept(): void {
    release?.();
    release = undefined;
    accepted = Promise.resolve();
    notify();
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
