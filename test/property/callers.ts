import { type Dispatcher, request } from 'undici';
import type { Deed } from './plan';

/** A deed that is a request to the service. */
export type Request = Exclude<Deed, 'silence'>;

export const MAX_INT = 2147483647;
/** Tasks that a rule counts together are in one group. */
export const GROUPS = 2;

/** Statuses that may answer a request, whatever happens beside it. */
export const ANSWERS: Record<Request, readonly number[]> = {
  succeed: [200, 404, 409],
  fail: [200, 404, 409],
  count: [202, 409],
  note: [200, 404, 409],
  cancel: [200, 400],
  pause: [200, 400],
  resume: [200, 400],
  hasten: [200, 409],
  postpone: [200, 409],
  read: [200],
  stop: [200],
};

/** The target of a request. */
export interface Subject {
  id: string;
  /** The attempt that the caller knows of. */
  attempt: number;
  batch: string;
  group: number;
}

export interface Answered<T> {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  body: T;
}

/** Calls the service at a third of the cost of `ServiceClient.call`, as histories make many thousands of calls. */
export async function call<T>(base: string, method: string, path: string, sent?: object): Promise<Answered<T>> {
  const { statusCode, headers, body } = await request(base + path, {
    method: method,
    ...(sent && { body: JSON.stringify(sent), headers: { 'content-type': 'application/json' } }),
  });
  const text = await body.text();
  return { status: statusCode, headers, body: (text ? JSON.parse(text) : undefined) as T };
}

/** What a failure report says about further attempts. */
export function steeringOf(amount: number): { retry?: boolean; retry_after_secs?: number } {
  return [{ retry: false }, { retry_after_secs: 0 }, { retry_after_secs: 3600 }][amount % 6] ?? {};
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** Returns the request of a deed; `reason` is for `fail`. */
export function requestFor(
  deed: Request,
  { id, attempt, batch, group }: Subject,
  amount: number,
  reason: string,
): [method: string, path: string, body?: object] {
  const path = `/task/${id}`;
  const handle = attempt > 1 ? `${path}?attempt=${attempt}` : path;
  const { success: new_success, failures: new_failures } = incrementsOf(deed, amount);
  switch (deed) {
    case 'succeed':
      return ['PATCH', handle, { status: 'Success', new_success, new_failures }];
    case 'fail':
      return ['PATCH', handle, { status: 'Failure', failure_reason: reason, ...steeringOf(amount) }];
    case 'count':
      return ['PUT', handle, { new_success, new_failures }];
    case 'note':
      return ['PATCH', handle, { expected_count: amount, priority: amount % 10, metadata: { group, amount } }];
    case 'cancel':
      return ['DELETE', path];
    case 'pause':
    case 'resume':
      return ['PATCH', `/task/${deed}/${id}`];
    case 'hasten':
      return ['PATCH', path, { run_at: null }];
    case 'postpone':
      return ['PATCH', path, { run_at: inAnHour() }];
    case 'read':
      return ['GET', path];
    case 'stop':
      return ['DELETE', `/batch/${batch}`];
  }
}

/** Returns what a request adds to the counters of its task. */
export function incrementsOf(deed: Request, amount: number): { success: number; failures: number } {
  switch (deed) {
    case 'count':
      return { success: Math.max(amount, 1), failures: amount % 3 };
    case 'succeed':
      return { success: amount % 4, failures: amount % 2 };
    default:
      return { success: 0, failures: 0 };
  }
}
