import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { webhook } from '../graph.ts';
import { type Call, NotACall, type Notification, readCall, type Trust } from './call.ts';
import { Ledger } from './ledger.ts';
import { verifier } from './signature.ts';
import { type Handler, type TaskCall, Work } from './work.ts';

export interface ReceiverOptions {
  /**
   * The service's `WEBHOOK_SIGNING_SECRET`, one or several. `false`: calls are not signed, and anyone who can reach this
   * receiver can start work.
   */
  secrets: string | readonly string[] | false;
  /** Allowed difference to the service's clock in seconds; default 300. */
  toleranceSecs?: number;
  /** Address of the service (`HOST_URL`). If set, calls whose handle leads elsewhere are refused. */
  service?: string;
  /**
   * Address of this receiver without the path, e.g. `https://worker.example.com`, for cancel calls. Default: the host
   * that the service called. Needed behind a proxy that changes the host or ends TLS.
   */
  url?: string;
  /** Interval of signs of life for running tasks, in seconds. Default: none, only progress. */
  heartbeatSecs?: number;
  /** Handlers of tasks by the path of `on_start`. */
  starts?: Readonly<Record<string, Handler>>;
  /** Handlers by the path of `on_success`, `on_failure` or `on_batch_complete`. A notification is repeated if its handler throws. */
  notifications?: Readonly<Record<string, (notification: Notification) => unknown>>;
  /** Called for lost reports and failed handlers of notifications. Default: prints them. */
  onError?: (error: unknown, call: { key: string }) => void;
}

/**
 * A listener for `http.createServer` and compatible frameworks; mount it before body parsers. If mounted below a path, it
 * sees the rest of the path. Unknown paths go to `next`, or get 404.
 */
export interface Receiver {
  (request: IncomingMessage, response: ServerResponse, next?: () => void): void;
  /** Refuses new work with 503; resolves when all work has ended and its results are reported. */
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body?: unknown;
}

const TOLERANCE_SECS = 300;
/** Time that the answer to a start call waits for the result, which then needs no report. The service waits 10 s. */
const AT_ONCE_MS = 20;

/**
 * Creates a receiver of Hookline's calls: it verifies them, handles each once, and reports the results.
 * @throws {TypeError} if a secret is malformed.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const calls = new CallHandler(options);
  const listener = (request: IncomingMessage, response: ServerResponse, next?: () => void) => {
    if (next && !calls.knows(pathOf(request))) return next();
    void calls.answer(request).then(({ status, body = {} }) => {
      const headers = { 'content-type': 'application/json', ...(status === 503 && { 'retry-after': '5' }) };
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
  };
  return Object.assign(listener, { close: () => calls.close() });
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(/[?#].*$/s, '');

class CallHandler {
  private readonly trust: Trust;
  private readonly ledger = new Ledger<Answer>();
  private readonly works = new Set<Work>();
  /** Calls in progress. */
  private readonly busy = new Set<Promise<unknown>>();
  private isClosing = false;

  constructor(private readonly options: ReceiverOptions) {
    const { secrets, toleranceSecs = TOLERANCE_SECS, service, url } = options;
    if (secrets === undefined) throw new TypeError('secrets: pass the secrets with which calls are signed, or false');
    this.trust = { verify: secrets === false ? undefined : verifier(secrets, toleranceSecs), service, origin: url };
  }

  knows(path: string): boolean {
    return this.start(path) !== undefined || this.notification(path) !== undefined;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    try {
      const path = pathOf(request);
      if (!this.knows(path)) throw new NotACall(404, 'No handler for this path');
      return await this.handle(await readCall(request, this.trust), path);
    } catch (error) {
      if (error instanceof NotACall) return { status: error.status, body: { error: error.message } };
      // The caller disconnected, or the handler of a notification failed and was reported there.
      return { status: 500, body: { error: 'The call failed' } };
    }
  }

  async close(): Promise<void> {
    this.isClosing = true;
    while (this.busy.size > 0) await Promise.all(this.busy);
  }

  private handle(call: Call, path: string): Promise<Answer> {
    if (call.event === 'cancel') return Promise.resolve(this.cancel(call));
    return this.ledger.once(call.key, () => {
      // Nobody could work on it here. With a retry policy, the service calls again, where another process may answer.
      if (this.isClosing) throw new NotACall(503, 'This receiver is shutting down');
      const handled = call.event === 'start' ? this.work(call, path) : this.notify(call as Notification, path);
      this.track(handled.done);
      return handled;
    });
  }

  private work(call: TaskCall, path: string): { answer: Promise<Answer>; done: Promise<unknown> } {
    const handler = this.start(path);
    if (!handler) throw new NotACall(404, 'No handler of tasks for this path');
    const { heartbeatSecs } = this.options;
    this.supersede(call);
    const work = new Work(call, (error) => this.reportError(error, call));
    this.works.add(work);
    const ran = work.run(handler, heartbeatSecs === undefined ? undefined : heartbeatSecs * 1000);
    const answered = Promise.race([work.concluded, sleep(AT_ONCE_MS)]).then(() => work.resultAtOnce());
    const reported = answered.then((result) => (result ? undefined : work.report()));
    return {
      answer: answered.then((result) => ({ status: 200, body: result ?? cancelAction(call) })),
      done: Promise.all([ran, reported]).finally(() => this.works.delete(work)),
    };
  }

  private notify(call: Notification, path: string): { answer: Promise<Answer>; done: Promise<unknown> } {
    const handler = this.notification(path);
    if (!handler) throw new NotACall(404, 'No handler of notifications for this path');
    const answer = Promise.resolve()
      .then(() => handler(call))
      .then(() => ({ status: 200 }));
    return { answer, done: answer.catch((error: unknown) => this.reportError(error, call)) };
  }

  /** Stops earlier attempts at the task, which may not know yet that they are over. */
  private supersede({ taskId, attempt }: TaskCall): void {
    const others = this.worksOn(taskId);
    if (others.some((other) => other.attempt > attempt)) throw new NotACall(409, 'A later attempt is running');
    for (const other of others) other.cancel(`Attempt ${other.attempt} is over`);
  }

  /** Stops the attempt, and earlier ones, but none that has begun since. */
  private cancel({ taskId, attempt }: TaskCall): Answer {
    for (const work of this.worksOn(taskId)) if (work.attempt <= attempt) work.cancel();
    return { status: 200 };
  }

  private worksOn(taskId: string): Work[] {
    return [...this.works].filter((work) => work.taskId === taskId);
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

  private start(path: string): Handler | undefined {
    return own(this.options.starts, path);
  }

  private notification(path: string): ((notification: Notification) => unknown) | undefined {
    return own(this.options.notifications, path);
  }
}

const own = <T>(handlers: Readonly<Record<string, T>> = {}, path: string): T | undefined =>
  Object.hasOwn(handlers, path) ? handlers[path] : undefined;

/** Cancel calls go to the address of the start call; the key tells them apart. */
const cancelAction = ({ address }: TaskCall): unknown => (address === undefined ? {} : webhook(address));
