import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Unreadable } from './answer-body';
import type { KeptConnection } from './kept-connection';

/** The response to a request, whatever its status. */
export interface WebhookResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** The bytes that were read. */
  body: Buffer;
  /** Why there are no more of them, if the body has not ended. */
  fault?: Unreadable;
}

/** The exchange took longer than its limit, whichever part of it was slow. */
export class ExchangeTimeout extends Error {}

/** The connection has ended: closed in order, reset, or closed before anything was written to it. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Statuses without a body, whatever the headers say. */
const EMPTY = new Set([204, 205, 304]);
const RESET_CONTENT = 205;
const NO_BODY = Buffer.alloc(0);

interface Outcome {
  resolve: (response: WebhookResponse) => void;
  reject: (error: Error) => void;
}

/** One request and its response, as undici's handler. One timer covers connect, wait, body, and a second try. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Set by the kept connection that the request is sent on. */
  connection?: KeptConnection;
  private readonly timer: NodeJS.Timeout;
  private readonly chunks: Buffer[] = [];
  private controller?: Dispatcher.DispatchController;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private length = 0;
  /** The connection was used before, and nothing of a response has come: the server may have closed it already. */
  private mayHaveMissed = false;
  private over = false;

  /**
   * @param maxAnswerBytes a longer body is left unread
   * @param retry sends the request once more, on a new connection
   */
  constructor(
    timeoutMs: number,
    private readonly maxAnswerBytes: number,
    private readonly outcome: Outcome,
    private readonly retry: () => void,
  ) {
    this.timer = setTimeout(() => this.fail(new ExchangeTimeout()), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.mayHaveMissed = this.connection?.use() ?? false;
    // The timer may have fired while the request waited for a connection.
    if (this.over) controller.abort(new ExchangeTimeout());
  }

  /** Called with the first byte of the response. */
  onResponseStarted(): void {
    this.mayHaveMissed = false;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.headers = headers;
    // undici would wait for the end of the connection.
    if (status === RESET_CONTENT) this.finish(NO_BODY, undefined, true);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.length += chunk.length;
    this.chunks.push(chunk);
    if (this.length > this.maxAnswerBytes) this.finish(this.read, Unreadable.tooLong(this.maxAnswerBytes));
  }

  onResponseEnd(): void {
    this.finish(this.read);
  }

  onResponseError(_controller: unknown, error: Error & { code?: string }): void {
    const status = this.controller && this.connection?.status;
    if (status !== undefined) return this.finishBroken(status, error);
    if (this.over || !this.mayHaveMissed || !CLOSED.has(error.code ?? '')) return this.fail(error);
    this.mayHaveMissed = false;
    this.connection = undefined;
    this.controller = undefined;
    this.retry();
  }

  /** The status counts even if what follows it is broken. */
  private finishBroken(status: number, error: Error & { code?: string }): void {
    this.status = status;
    if (EMPTY.has(status)) this.finish(NO_BODY, undefined, true);
    else this.finish(this.read, new Unreadable(describe(error)));
  }

  private get read(): Buffer {
    return this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
  }

  private finish(body: Buffer, fault?: Unreadable, abort = fault !== undefined): void {
    if (this.end(abort)) this.outcome.resolve({ status: this.status, headers: this.headers, body, fault });
  }

  private fail(error: Error): void {
    if (this.end(true)) this.outcome.reject(error);
  }

  /** Returns false if the exchange has ended before. */
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
