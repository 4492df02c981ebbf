/** The access token of the service, if it requires one. It is kept for this tab only, and sent only to the service. */
const KEY = 'hookline-token';
const listeners = new Set<() => void>();
let refused = false;

function notify(): void {
  listeners.forEach((listener) => listener());
}

export const token = {
  header: (): Record<string, string> => {
    const value = sessionStorage.getItem(KEY);
    return value ? { authorization: `Bearer ${value}` } : {};
  },
  /** Returns whether the service has refused a request since the last token was given. */
  isMissing: () => refused,
  wasGiven: () => sessionStorage.getItem(KEY) !== null,
  refuse(): void {
    refused = true;
    notify();
  },
  give(value: string): void {
    sessionStorage.setItem(KEY, value);
    refused = false;
    notify();
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
