import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import type { Subscriber } from 'rxjs';
import type { Dispatcher } from 'undici';
import { Unreadable } from './answer-body';
import type { KeptConnection } from './kept-connection';

/** The exchange was not over in time, whatever part of it took so long. */
export class ExchangeTimeout extends Error {}

/** The connection is gone: closed by the other side in an orderly way, reset, and closed before it could be written to. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Answers that have no body, whatever their headers say. */
const EMPTY = new Set([204, 205, 304]);
const RESET_CONTENT = 205;
const NOTHING = Buffer.alloc(0);

/** One request and its answer, as undici tells of them. One timer covers connect, wait and body, and a second try too. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Set by a connection that is kept, when it has the request. */
  connection?: KeptConnection;
  private readonly timer: NodeJS.Timeout;
  private readonly chunks: Buffer[] = [];
  private controller?: Dispatcher.DispatchController;
  private status = 0;
  private headers: AxiosResponse['headers'] = {};
  private length = 0;
  /** Sent on a connection that an earlier request had used, and nothing of an answer has come. */
  private mayHaveMissed = false;
  private over = false;

  /** @param again sends the request once more, on a new connection. */
  constructor(
    private readonly config: AxiosRequestConfig<string>,
    private readonly subscriber: Subscriber<unknown>,
    private readonly again: () => void,
  ) {
    this.timer = setTimeout(() => this.fail(new ExchangeTimeout()), config.timeout);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.mayHaveMissed = this.connection?.use() ?? false;
    // It may have waited for a connection for longer than it had.
    if (this.over) controller.abort(new ExchangeTimeout());
  }

  /** Comes with the first byte. */
  onResponseStarted(): void {
    this.mayHaveMissed = false;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AxiosResponse['headers']): void {
    this.status = status;
    this.headers = headers;
    // Its end would only come with that of the connection.
    if (status === RESET_CONTENT) this.finish(NOTHING, true);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.length += chunk.length;
    this.chunks.push(chunk);
    // Nobody waits for a gigabyte: the rest is not read, and the connection ends.
    if (this.length > this.config.maxContentLength!) this.finish(Unreadable.tooLong(), true);
  }

  onResponseEnd(): void {
    this.finish(this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks));
  }

  onResponseError(_controller: unknown, error: Error & { code?: string }): void {
    const status = this.controller && this.connection?.status;
    if (status !== undefined) return this.finishBroken(status, error);
    if (this.over || !this.mayHaveMissed || !CLOSED.has(error.code ?? '')) return this.fail(error);
    this.mayHaveMissed = false;
    this.connection = undefined;
    this.controller = undefined;
    this.again();
  }

  /** The status has come, and it counts: only what comes after it is not as it should be. */
  private finishBroken(status: number, error: Error & { code?: string }): void {
    this.status = status;
    this.finish(EMPTY.has(status) ? NOTHING : new Unreadable(describe(error)), true);
  }

  private finish(data: Buffer | Unreadable, cut = false): void {
    if (this.end(cut)) {
      const { status, headers, config } = this;
      this.subscriber.next({ data, status, statusText: '', headers, config });
      this.subscriber.complete();
    }
  }

  private fail(error: Error): void {
    if (this.end(true)) this.subscriber.error(error);
  }

  /** Answers whether this is the end, and not something that comes after it. */
  private end(abort: boolean): boolean {
    if (this.over) return false;
    this.over = true;
    clearTimeout(this.timer);
    if (abort) this.controller?.abort(new ExchangeTimeout());
    return true;
  }
}

function describe({ name, code = '' }: Error & { code?: string }): string {
  if (name === 'HTTPParserError' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'it is not valid HTTP';
  if (CLOSED.has(code)) return 'the connection closed before its end';
  return `it could not be read${code && ` (${code})`}`;
}
