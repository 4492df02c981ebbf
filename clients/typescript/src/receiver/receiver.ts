import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Notification } from './call.ts';
import { Dispatcher, pathOf } from './dispatcher.ts';
import type { Job } from './job.ts';
import type { Handler } from './work.ts';

/** Does the work of several tasks. Those that it has not ended succeed when it returns, and fail when it throws. */
export type GroupHandler = (jobs: readonly Job[]) => unknown;

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
  /** Handlers of tasks by the path of `on_start`, for single and grouped calls. */
  starts?: Readonly<Record<string, Handler>>;
  /** Handlers that get all new tasks of a call at once, by the path of `on_start`. */
  groups?: Readonly<Record<string, GroupHandler>>;
  /** Number of handlers that run at once for grouped calls; the others wait. Default 100. */
  groupConcurrency?: number;
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

/**
 * Creates a receiver of Hookline's calls: it verifies them, handles each once, and reports the results.
 * @throws {TypeError} if a secret is malformed.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const dispatcher = new Dispatcher(options);
  const listener = (request: IncomingMessage, response: ServerResponse, next?: () => void) => {
    if (next && !dispatcher.knows(pathOf(request))) return next();
    void dispatcher.answer(request).then(({ status, body = {} }) => {
      const headers = { 'content-type': 'application/json', ...(status === 503 && { 'retry-after': '5' }) };
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
  };
  return Object.assign(listener, { close: () => dispatcher.close() });
}
