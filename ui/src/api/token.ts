/**
 * The token that the service asks for, if it is guarded. It is kept for this tab only, and goes nowhere but into the
 * header of requests to the service that the page came from.
 */
const KEY = 'hookline-token';
const listeners = new Set<() => void>();
let refused = false;

function tell(): void {
  listeners.forEach((listener) => listener());
}

export const token = {
  header: (): Record<string, string> => {
    const value = sessionStorage.getItem(KEY);
    return value ? { authorization: `Bearer ${value}` } : {};
  },
  /** Whether the service has refused a request, and nobody has given another token since. */
  isMissing: () => refused,
  wasGiven: () => sessionStorage.getItem(KEY) !== null,
  refuse(): void {
    refused = true;
    tell();
  },
  give(value: string): void {
    sessionStorage.setItem(KEY, value);
    refused = false;
    tell();
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
