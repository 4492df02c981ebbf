import { createHash } from 'node:crypto';
import type { Action, Trigger } from '../domain/action';

/** Receivers limit the size of requests, and each is a text in memory. */
const MAX_REQUEST_LENGTH = 4 * 1024 * 1024;
/** Each context may have 1 MiB of results, and all contexts of a request are in memory together. */
const MAX_WITH_CONTEXT = 16;

/**
 * Returns what calls have in common that share a request: trigger, verb, headers, URL and the size of their group. Returns
 * undefined for a call that is a request of its own.
 */
export function groupKey(action: Action | null, trigger: Trigger): string | undefined {
  if (!action?.group) return undefined;
  // A row edited by hand may have any params; the call will fail with a reason.
  const { url, verb, headers } = (action.params ?? {}) as Partial<Action['params']>;
  const sent = headers ? JSON.stringify(Object.entries(headers).sort()) : '';
  return `${trigger}\n${verb}\n${groupSize(action)}\n${sent}\n${url}`;
}

/** Returns how many calls may share a request with the call of an action that has a group. */
export const groupSize = ({ group, context }: Action): number =>
  context ? Math.min(group!.max_size, MAX_WITH_CONTEXT) : group!.max_size;

/**
 * Returns the `Idempotency-Key` of a request with several calls: the same for the same calls, in any order. The calls have
 * keys of their own.
 */
export function groupId(keys: readonly string[]): string {
  return `group:${createHash('sha256').update(keys.toSorted().join('\n')).digest('base64url')}`;
}

/** Gathers calls into requests: calls with the same group key share one until it is full or closed. */
export class Gathering<T> {
  private readonly open = new Map<string, T[]>();

  constructor(
    private readonly actionOf: (call: T) => Action | null,
    private readonly triggerOf: (call: T) => Trigger,
  ) {}

  /** Adds a call to an open request. Returns the new request that the call begins if there is none. */
  add(call: T): T[] | undefined {
    const action = this.actionOf(call);
    const key = groupKey(action, this.triggerOf(call));
    if (key === undefined) return [call];
    const known = this.open.get(key);
    const request = known ?? [];
    request.push(call);
    if (request.length >= groupSize(action!)) this.open.delete(key);
    else if (!known) this.open.set(key, request);
    return known ? undefined : request;
  }

  /** Closes a request, so that no more calls are added to it. */
  close(request: readonly T[]): void {
    const [first] = request;
    const key = groupKey(this.actionOf(first), this.triggerOf(first));
    if (key !== undefined && this.open.get(key) === request) this.open.delete(key);
  }
}

/** Splits the entries of a group into those of requests of at most 4 MiB, unless one entry alone is longer. */
export function inRequests<T extends { json: string }>(entries: readonly T[]): T[][] {
  const requests: T[][] = [];
  let length = Infinity;
  for (const entry of entries) {
    length += entry.json.length + 1;
    if (length > MAX_REQUEST_LENGTH) {
      requests.push([]);
      length = entry.json.length;
    }
    requests.at(-1)!.push(entry);
  }
  return requests;
}
