import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Notification } from './call.ts';
import { Dispatcher, pathOf } from './dispatcher.ts';
import type { GroupHandler, Handler, TaskTypes } from './job.ts';

/** The types of tasks by the path of `on_start`. */
type TypesByPath<Tasks> = { readonly [Path in keyof Tasks]: TaskTypes };

export interface ReceiverOptions<Tasks extends TypesByPath<Tasks> = Record<string, TaskTypes>> {
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
  starts?: { readonly [Path in keyof Tasks]?: Handler<Tasks[Path]> };
  /** Handlers that get all new tasks of a call at once, by the path of `on_start`. */
  groups?: { readonly [Path in keyof Tasks]?: GroupHandler<Tasks[Path]> };
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
 * Creates a receiver of Hookline's calls: it verifies them, handles each once, and reports the results. `Tasks` has the
 * types of bodies, results and metadata by path.
 *
 * ```ts
 * createReceiver<{ '/build': { body: { branch: string }; result: { url: string } } }>({
 *   secrets: process.env.WEBHOOK_SIGNING_SECRET!,
 *   starts: { '/build': async ({ body }) => ({ url: await build(body.branch) }) },
 * });
 * ```
 * @throws {TypeError} naming the faulty option.
 */
export function createReceiver<Tasks extends TypesByPath<Tasks> = Record<string, TaskTypes>>(
  options: ReceiverOptions<NoInfer<Tasks>>,
): Receiver {
  // Types by path exist only for the compiler.
  const dispatcher = new Dispatcher(options as ReceiverOptions);
  const listener = (request: IncomingMessage, response: ServerResponse, next?: () => void) => {
    if (next && !dispatcher.knows(pathOf(request))) return next();
    void dispatcher.answer(request).then(({ status, body = {} }) => {
      const headers = { 'content-type': 'application/json', ...(status === 503 && { 'retry-after': '5' }) };
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
  };
  return Object.assign(listener, { close: () => dispatcher.close() });
}
