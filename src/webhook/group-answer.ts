import type { WebhookParams } from '../domain/action';
import { isObject } from '../domain/json';
import { writeJson } from '../domain/exact-number';
import type { Answer, Entry } from './answer';
import { excerptOf, readable } from './answer-excerpt';
import { jsonOf } from './answer-json';
import type { Call } from './call';

const NO_ENTRIES: readonly Entry[] = [];
/** A reason is shown in lists of deliveries, and in the failure reason of a task. */
const MAX_REASON_LENGTH = 1000;
/** Length of a key in a log line. */
const MAX_SHOWN = 100;

/**
 * Returns the answer to each call of a group. Unless it is 2xx, the answer is that of all calls. A 2xx accepts all, except
 * those that its body refuses: `{"results": [{"key": …, "refused": "reason"}]}`. An invalid body refuses none.
 * @param report called with one sentence for each part of the body that is dropped
 */
export function answersOf(calls: readonly Call[], answer: Answer, report: (fault: string) => void): Answer[] {
  const { ok, status, body, durationMs, excerpt } = answer;
  if (!ok) return calls.map(() => answer);
  const entries = byKey(jsonOf(body, report), new Set(calls.map(({ key }) => key)), report);
  // A body with entries says nothing about the calls without one.
  const accepted: Answer = {
    ok,
    status,
    durationMs,
    entries: NO_ENTRIES,
    excerpt: entries.size > 0 ? undefined : excerpt,
  };
  return calls.map(({ key, params }) => {
    const own = entries.get(key);
    if (!own) return accepted;
    const refusal = own.find(({ refused }) => (refused ?? false) !== false);
    const shared = { status, durationMs, excerpt: excerptOf(own.map(writeJson).join('\n'), params) };
    return refusal
      ? { ...shared, ok: false, error: refusedBecause(refusal.refused, params) }
      : { ...shared, ok, entries: own };
  });
}

function byKey(content: unknown, keys: ReadonlySet<string>, report: (fault: string) => void): Map<string, Entry[]> {
  const found = new Map<string, Entry[]>();
  if (!isObject(content) || content.results === undefined) return found;
  if (!Array.isArray(content.results)) {
    report('The answer was dropped: results must be an array');
    return found;
  }
  const foreign: unknown[] = [];
  for (const entry of content.results as unknown[]) {
    const key = isObject(entry) ? entry.key : undefined;
    if (typeof key !== 'string' || !keys.has(key)) foreign.push(key);
    else if (found.has(key)) found.get(key)!.push(entry as Entry);
    else found.set(key, [entry as Entry]);
  }
  if (foreign.length > 0) report(`${foreign.length} results were dropped: no call has the key ${shown(foreign[0])}`);
  return found;
}

const shown = (key: unknown): string =>
  typeof key === 'string' ? JSON.stringify(key.slice(0, MAX_SHOWN)) : 'that was given';

/** A buffer has no lone surrogates, which PostgreSQL cannot store. */
function refusedBecause(reason: unknown, params: WebhookParams): string {
  if (typeof reason !== 'string' || reason.trim() === '') return 'Webhook refused the call';
  const text = readable(reason, params);
  const begin = text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH)}…` : text;
  return `Webhook refused the call: ${Buffer.from(begin).toString()}`;
}
