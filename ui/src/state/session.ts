import { createContext, useSyncExternalStore } from 'react';
import { under } from '../api/base';
import * as client from '../api/client';
import { session } from '../api/session';
import type { Session } from '../api/types';
import { queries, SLOW_POLL_MS, useGet } from './queries';

/** Tells the other tabs of this service that the person has signed in or out: they share the cookie. */
const tabs = new BroadcastChannel(`hookline ${under('/')}`);
tabs.onmessage = ({ data }) => (data === 'in' ? goOn() : window.location.reload());

/** Requests that were refused are made again, and everything is loaded again. */
function goOn(): void {
  session.accept();
  void queries.invalidateQueries();
}

/** @throws {Refusal} if the token is wrong, or the browser does not keep the cookie. */
export async function signIn(token: string): Promise<void> {
  await client.signIn(token);
  goOn();
  tabs.postMessage('in');
}

/** Nothing that was shown stays in memory, in any tab. */
export async function signOut(): Promise<void> {
  await client.send('DELETE', '/session');
  tabs.postMessage('out');
  window.location.reload();
}

/** Returns whether the person has to sign in. */
export const useIsRefused = (): boolean => useSyncExternalStore(session.subscribe, session.isRefused);

/** Returns whose session it is, and what it allows; undefined until that is known. */
export const useSession = (): Session | undefined => useGet<Session>('/session', { everyMs: SLOW_POLL_MS }).data;

/** The answer of `useSession`, for all parts of the page. */
export const SessionContext = createContext<Session | undefined>(undefined);
