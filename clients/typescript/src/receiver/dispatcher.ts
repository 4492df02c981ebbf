import type { IncomingMessage } from 'node:http';
import { Limiter } from '../limiter.ts';
import { addressOf, MAX_TIMER_MS, within } from '../options.ts';
import { Attempts, type Start } from './attempts.ts';
import {
  type BatchCall,
  type Call,
  NotACall,
  type Notification,
  readCalls,
  type TaskCall,
  type Trust,
} from './call.ts';
import type { GroupHandler, Handler, Job } from './job.ts';
import { type Handled, Ledger } from './ledger.ts';
import type { ReceiverOptions } from './receiver.ts';
import { verifier } from './signature.ts';

interface Answer {
  status: number;
  body?: unknown;
}

/** How the calls of one request are handled. */
interface Manner extends Omit<Start, 'handler'> {
  readonly path: string;
  /** Undefined for a path without tasks. */
  readonly handler: Handler | undefined;
}

const TOLERANCE_SECS = 300;
const GROUP_CONCURRENCY = 100;
/** More frequent ones would only burden the service. */
const MIN_HEARTBEAT_SECS = 0.01;
const FAILED = 'The call failed';

export const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(/[?#].*$/s, '');

/** Verifies calls, and hands each to its handler once. */
export class Dispatcher {
  private readonly trust: Trust;
  private readonly ledger = new Ledger<object>();
  private readonly attempts: Attempts;
  private readonly limiter: Limiter;
  /** Calls in progress. */
  private readonly busy = new Set<Promise<unknown>>();
  private isClosing = false;

  constructor(private readonly options: ReceiverOptions) {
    const { secrets, toleranceSecs = TOLERANCE_SECS, service, url, heartbeatSecs, groupConcurrency } = options;
    if (secrets === undefined) throw new TypeError('secrets: pass the secrets with which calls are signed, or false');
    within('toleranceSecs', toleranceSecs, [0, Number.MAX_SAFE_INTEGER]);
    within('heartbeatSecs', heartbeatSecs, [MIN_HEARTBEAT_SECS, MAX_TIMER_MS / 1000]);
    within('groupConcurrency', groupConcurrency, [1, Number.MAX_SAFE_INTEGER]);
    this.trust = {
      verify: secrets === false ? undefined : verifier(secrets, toleranceSecs),
      service: service === undefined ? undefined : addressOf('service', service),
      origin: url === undefined ? undefined : addressOf('url', url),
    };
    this.limiter = new Limiter(groupConcurrency ?? GROUP_CONCURRENCY);
    this.attempts = new Attempts({ heartbeatSecs, onError: (error, call) => this.reportError(error, call) });
  }

  knows(path: string): boolean {
    const { starts, groups, notifications } = this.options;
    return [starts, groups, notifications].some((handlers) => own<unknown>(handlers, path) !== undefined);
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    try {
      const path = pathOf(request);
      if (!this.knows(path)) throw new NotACall(404, 'No handler for this path');
      const { calls, isGroup } = await readCalls(request, this.trust);
      const manner = this.manner(path, isGroup);
      return { status: 200, body: await (isGroup ? this.group(calls, manner) : this.handle(calls[0]!, manner)) };
    } catch (error) {
      if (error instanceof NotACall) return { status: error.status, body: { error: error.message } };
      // The caller disconnected, or the handler of a notification failed and was reported there.
      return { status: 500, body: { error: FAILED } };
    }
  }

  async close(): Promise<void> {
    this.isClosing = true;
    while (this.busy.size > 0) await Promise.all(this.busy);
  }

  private manner(path: string, isGroup: boolean): Manner {
    const single = own(this.options.starts, path);
    const group = own(this.options.groups, path);
    if (group && (isGroup || !single)) return { path, isGroup, handler: together(group), inTurn: (run) => run() };
    return { path, isGroup, handler: single, inTurn: (run) => (isGroup ? this.limiter.run(run) : run()) };
  }

  /** Returns an entry for each call that is refused, or has more to say than that it is accepted. */
  private async group(calls: readonly Call[], manner: Manner): Promise<object> {
    const refused = (error: unknown) => ({ refused: error instanceof NotACall ? error.message : FAILED });
    const entries = calls.map(async (call) => ({
      key: call.key,
      ...(await this.handle(call, manner).catch(refused)),
    }));
    return { results: (await Promise.all(entries)).filter((entry) => Object.keys(entry).length > 1) };
  }

  /** Returns the answer to a call. */
  private async handle(call: Call, manner: Manner): Promise<object> {
    if (call.event === 'cancel') {
      this.attempts.cancel(call);
      return {};
    }
    return this.ledger.once(call.key, () => {
      // Nobody could work on it here. With a retry policy, the service calls again, where another process may answer.
      if (this.isClosing) throw new NotACall(503, 'This receiver is shutting down');
      const handled = call.event === 'start' ? this.start(call, manner) : this.notify(call, manner);
      this.track(handled.done);
      return handled;
    });
  }

  private start(call: TaskCall, { handler, isGroup, inTurn }: Manner): Handled<object> {
    if (!handler) throw new NotACall(404, 'No handler of tasks for this path');
    return this.attempts.begin(call, { handler, isGroup, inTurn });
  }

  private notify(call: TaskCall | BatchCall, { path, isGroup }: Manner): Handled<object> {
    const handler = own(this.options.notifications, path);
    if (!handler) throw new NotACall(404, 'No handler of notifications for this path');
    const run = async () => {
      await handler(notification(call));
      return {};
    };
    const answer = isGroup ? this.limiter.run(run) : run();
    return { answer, done: answer.catch((error: unknown) => this.reportError(error, call)) };
  }

  private track(done: Promise<unknown>): void {
    const tracked = done.finally(() => this.busy.delete(tracked));
    this.busy.add(tracked);
  }

  private reportError(error: unknown, { key }: { key: string }): void {
    const print = (fault: unknown) => console.error(`Hookline receiver, ${key}:`, fault);
    const { onError } = this.options;
    if (!onError) return print(error);
    // An error in `onError` must not affect the result of the work.
    void Promise.resolve()
      .then(() => onError(error, { key }))
      .catch(print);
  }
}

const own = <T>(handlers: Readonly<Record<string, T>> = {}, path: string): T | undefined =>
  Object.hasOwn(handlers, path) ? handlers[path] : undefined;

const notification = (call: TaskCall | BatchCall): Notification =>
  call.event === 'complete' ? call : { ...call, event: call.event as 'success' | 'failure', handle: call.handle.url };

/** Returns a handler for the tasks of one request, which share a run of the handler of groups. */
function together(handler: GroupHandler): Handler {
  const jobs: Job[] = [];
  let run: Promise<void> | undefined;
  return (job) => {
    jobs.push(job);
    // Later than all jobs of the request begin.
    return (run ??= Promise.resolve().then(async () => void (await handler(jobs))));
  };
}
