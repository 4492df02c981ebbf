import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Overloaded } from '../domain/errors';

/**
 * Time for clients to send a last request on a kept connection when the server closes. Load balancers that check every
 * second have noticed by then.
 */
const LAST_REQUEST_MS = 2000;
/** Time for requests in flight after that. */
const CLOSE_GRACE_MS = 5000;
/** Limit for all large answers together that clients have not read yet. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
const RETRY_AFTER_SECS = 5;

/** Time limits for clients that read an answer. */
export interface ReadTimeouts {
  /** Time that a client may read nothing of its answer. */
  readMs: number;
  /** Interval of the checks. */
  checkMs: number;
}

interface Connection {
  /** Requests in flight. */
  requests: number;
  /** Bytes of large answers that are not sent completely. */
  unread: number;
  /** Bytes passed to the system by the last check. */
  sent: number;
  /** Checks in a row in which the client had read nothing. */
  stalledChecks: number;
}

/** Tracks the connections of clients, and ends those that stall or stay idle at shutdown. */
export class ClientConnections {
  private readonly connections = new Map<Socket, Connection>();
  private unread = 0;
  private onLastClosed: () => void = () => undefined;

  constructor(
    private readonly server: Server,
    { readMs, checkMs }: ReadTimeouts,
    private readonly maxUnreadBytes = MAX_UNREAD_BYTES,
  ) {
    server.on('connection', (socket: Socket) => this.add(socket));
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const connection = this.connections.get(socket);
      if (!connection) return;
      connection.requests++;
      // The end of a pipelined response may go unseen, but then its connection has ended too.
      response.once('close', () => connection.requests--);
    });
    const checking = setInterval(() => this.endStalled(readMs / checkMs), checkMs).unref();
    server.once('close', () => clearInterval(checking));
  }

  /**
   * Counts a large answer until its client has read it.
   * @throws {Overloaded} for GET and HEAD, if clients have too much to read already.
   */
  hold({ method, socket }: IncomingMessage, response: ServerResponse, bytes: number): void {
    const connection = this.connections.get(socket);
    if (!connection) return;
    if ((method === 'GET' || method === 'HEAD') && this.unread + bytes > this.maxUnreadBytes)
      throw new Overloaded('Too many large answers are waiting to be read by clients', RETRY_AFTER_SECS);
    const count = (change: number) => {
      connection.unread += change;
      if (this.connections.has(socket)) this.unread += change;
    };
    count(bytes);
    response.once('close', () => count(-bytes));
  }

  /**
   * Resolves when all connections have closed, or after 2 seconds. A client may be sending a request on a kept connection
   * just now; if the connection broke, it could not tell whether the request was executed.
   */
  async closed(): Promise<void> {
    if (this.connections.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onLastClosed = resolve;
      timer = setTimeout(resolve, LAST_REQUEST_MS);
    });
    clearTimeout(timer);
  }

  /**
   * Closes connections without a request in flight, and the others with their answers, at the latest after 5 seconds.
   * Node alone would wait forever for connections on which only a part of a request has arrived.
   */
  closeIdleConnections(): void {
    for (const [socket, { requests }] of this.connections) if (requests === 0) socket.destroy();
    const deadline = setTimeout(() => this.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    this.server.once('close', () => clearTimeout(deadline));
  }

  private add(socket: Socket): void {
    const connection = { requests: 0, unread: 0, sent: 0, stalledChecks: 0 };
    this.connections.set(socket, connection);
    socket.once('close', () => {
      this.connections.delete(socket);
      this.unread -= connection.unread;
      if (this.connections.size === 0) this.onLastClosed();
    });
  }

  /**
   * Ends connections whose clients read nothing, as their answers would stay in memory. It counts checks, not time:
   * otherwise a pause of this process would count against its clients.
   */
  private endStalled(maxChecks: number): void {
    for (const [socket, connection] of this.connections) {
      const sent = socket.bytesWritten - socket.writableLength;
      const isStalled = socket.writableLength > 0 && sent === connection.sent;
      connection.stalledChecks = isStalled ? connection.stalledChecks + 1 : 0;
      connection.sent = sent;
      if (connection.stalledChecks >= maxChecks) socket.destroy();
    }
  }
}
