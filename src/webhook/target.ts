import { createHash } from 'node:crypto';
import type { Action } from '../domain/action';

/** A URL of a webhook, taken apart as it is called. */
export interface Target {
  origin: string;
  host: string;
  /** The same for all URLs of a host, and for next to no others: what limits and rows know it by. */
  hostId: number;
  /** With the query. */
  path: string;
  /** The path, ready for our `handle` at its end, and without one of its own: many receivers take the first they find. */
  pathToHandle: string;
  /** From credentials in the URL, sent as every HTTP client sends them. */
  authorization?: string;
}

const MOST_KNOWN = 1000;
const known = new Map<string, Target>();

/** Takes a URL apart. Many tasks have the same ones, and doing it anew costs a tenth of a call. */
export function targetOf(url: string): Target {
  const found = known.get(url);
  if (found) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const { origin, host, pathname, search, username, password } = new URL(url);
  const hostId = createHash('sha256').update(host).digest().readInt32BE();
  const others = search.slice(1).split('&').filter(isNoHandle).join('&');
  const pathToHandle = pathname + (others ? `?${others}&` : '?');
  const target: Target = { origin, host, hostId, path: pathname + search, pathToHandle };
  if (username || password) {
    const credentials = [username, password].map(decodeURIComponent).join(':');
    target.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  known.set(url, target);
  return target;
}

/** Whether a parameter is none that a receiver could read as `handle`: escapes, case and `handle[]` make no difference to some. */
function isNoHandle(parameter: string): boolean {
  const [name = ''] = new URLSearchParams(parameter).keys();
  return !/^\s*handle\s*(?:\[|$)/i.test(name);
}

/** Where an action leads; for one that cannot be called to no host, and the attempt to deliver it says so. */
export function destinationOf(action: Action): { url: string } & Pick<Target, 'host' | 'hostId'> {
  try {
    const { url } = action.params;
    const { host, hostId } = targetOf(url);
    return { url, host, hostId };
  } catch {
    return { url: '', host: '', hostId: 0 };
  }
}
