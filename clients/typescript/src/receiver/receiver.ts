import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { webhook } from '../graph.ts';
import { type Call, NotACall, type Notification, readCall, type Trust } from './call.ts';
import { Ledger } from './ledger.ts';
import { verifier } from './signature.ts';
import { type Handler, type StartCall, Work } from './work.ts';

export interface ReceiverOptions {
  /**
   * The service's `WEBHOOK_SIGNING_SECRET`, one or several. `false`: the service signs nothing, and whoever reaches this
   * receiver can start work here.
   */
  secrets: string | readonly string[] | false;
  /** How far the service's clock may be from this one, in seconds: 300 unless it says otherwise. */
  toleranceSecs?: number;
  /** The address of the service (`HOST_URL`). With it, calls whose handle leads elsewhere are refused. */
  service?: string;
  /**
   * How the service reaches this receiver, up to the path, e.g. `https://worker.example.com`: cancel calls go there. Without
   * it, to the host that the service called. Needed behind a proxy that changes the host or ends TLS.
   */
  url?: string;
  /** How often a task that works shows that it is alive, in seconds. Without it, only progress does. */
  heartbeatSecs?: number;
  /** The work, by the path of `on_start`. */
  starts?: Readonly<Record<string, Handler>>;
  /** Who hears of ends, by the path of `on_success`, `on_failure` or `on_batch_complete`. What throws is told again. */
  notifications?: Readonly<Record<string, (notification: Notification) => unknown>>;
  /** Hears of what nobody else does: a report that did not get through, a notification whose handler failed. Printed, without it. */
  onError?: (error: unknown, call: { key: string }) => void;
}

/**
 * A listener for `http.createServer`, and for frameworks that take such listeners, before anything reads the body. Mounted
 * below a path, it sees the rest of the path; calls to a path that it does not know go to `next`, or get 404.
 */
export interface Receiver {
  (request: IncomingMessage, response: ServerResponse, next?: () => void): void;
  /** Takes no new work (503), and resolves when all work has ended and its results are reported. */
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body?: unknown;
}

const TOLERANCE_SECS = 300;
/** How long a start call waits for the result: what ends within it needs no report. The service waits 10 seconds. */
const AT_ONCE_MS = 20;

/**
 * Receives the calls of Hookline: verifies them, takes each once, answers soon, and reports what the handlers do.
 * @throws {TypeError} if a secret is none.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const desk = new Desk(options);
  const listener = (request: IncomingMessage, response: ServerResponse, next?: () => void) => {
    if (next && !desk.knows(pathOf(request))) return next();
    void desk.answer(request).then(({ status, body = {} }) => {
      const headers = { 'content-type': 'application/json', ...(status === 503 && { 'retry-after': '5' }) };
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
  };
  return Object.assign(listener, { close: () => desk.close() });
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(/[?#].*$/s, '');

class Desk {
  private readonly trust: Trust;
  private readonly ledger = new Ledger<Answer>();
  private readonly works = new Set<Work>();
  /** Whatever is under way. */
  private readonly busy = new Set<Promise<unknown>>();
  private isClosing = false;

  constructor(private readonly options: ReceiverOptions) {
    const { secrets, toleranceSecs = TOLERANCE_SECS, service, url } = options;
    if (secrets === undefined) throw new TypeError('secrets: give the secrets that calls are signed with, or false');
    this.trust = { verify: secrets === false ? undefined : verifier(secrets, toleranceSecs), service, origin: url };
  }

  knows(path: string): boolean {
    return this.start(path) !== undefined || this.notification(path) !== undefined;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    try {
      const path = pathOf(request);
      if (!this.knows(path)) throw new NotACall(404, 'Nothing is received here');
      return await this.take(await readCall(request, this.trust), path);
    } catch (error) {
      if (error instanceof NotACall) return { status: error.status, body: { error: error.message } };
      // The caller has gone, or the handler of a notification has failed, which was told where it happened.
      return { status: 500, body: { error: 'The call could not be handled' } };
    }
  }

  async close(): Promise<void> {
    this.isClosing = true;
    while (this.busy.size > 0) await Promise.all(this.busy);
  }

  private take(call: Call, path: string): Promise<Answer> {
    if (call.event === 'cancel') return Promise.resolve(this.cancel(call.taskId));
    return this.ledger.once(call.key, () => {
      // The service starts a task that was refused no second time, but there is nobody left to work on it.
      if (this.isClosing) throw new NotACall(503, 'This receiver is about to end');
      const handled = call.event === 'start' ? this.work(call, path) : this.notify(call as Notification, path);
      this.hold(handled.done);
      return handled;
    });
  }

  private work(call: StartCall, path: string): { answer: Promise<Answer>; done: Promise<unknown> } {
    const handler = this.start(path);
    if (!handler) throw new NotACall(404, 'No task is started here');
    const { heartbeatSecs } = this.options;
    const work = new Work(call, (error) => this.tell(error, call));
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
    if (!handler) throw new NotACall(404, 'No notification is expected here');
    const answer = Promise.resolve()
      .then(() => handler(call))
      .then(() => ({ status: 200 }));
    return { answer, done: answer.catch((error: unknown) => this.tell(error, call)) };
  }

  private cancel(taskId: string): Answer {
    for (const work of this.works) if (work.taskId === taskId) work.cancel();
    return { status: 200 };
  }

  private hold(done: Promise<unknown>): void {
    const held = done.finally(() => this.busy.delete(held));
    this.busy.add(held);
  }

  private tell(error: unknown, { key }: { key: string }): void {
    const print = (fault: unknown) => console.error(`Hookline receiver, ${key}:`, fault);
    const { onError } = this.options;
    if (!onError) return print(error);
    // A fault in it must not cost the result of the work.
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

/** A cancel call comes to the address of the start, and its key tells the two apart. */
const cancelAction = ({ address }: StartCall): unknown => (address === undefined ? {} : webhook(address));
