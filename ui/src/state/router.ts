import { useSyncExternalStore } from 'react';
import { under } from '../api/base';

/** The state of the page is in its address, so that views can be linked to and the back button works. */
export type Query = Readonly<Record<string, string>>;

const listeners = new Set<() => void>();
let cached: { search: string; query: Query } | undefined;

function current(): Query {
  const { search } = window.location;
  if (cached?.search !== search) cached = { search, query: Object.fromEntries(new URLSearchParams(search)) };
  return cached.query;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

export const useQuery = (): Query => useSyncExternalStore(subscribe, current);

export function hrefOf(query: Record<string, string | undefined>): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return under(set.length > 0 ? `/view?${new URLSearchParams(set)}` : '/view');
}

export function go(query: Record<string, string | undefined>, how: 'push' | 'replace' = 'push'): void {
  window.history[how === 'push' ? 'pushState' : 'replaceState'](null, '', hrefOf(query));
  listeners.forEach((listener) => listener());
}

/** Changes some parameters of the address and keeps the others. */
export const change = (some: Record<string, string | undefined>, how: 'push' | 'replace' = 'push'): void =>
  go({ ...current(), ...some }, how);
