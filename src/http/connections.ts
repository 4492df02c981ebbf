import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Overloaded } from '../domain/errors';

/**
 * How long a client that keeps its connection may take for another request when the server closes. Balancers that look
 * every second know by then.
 */
const LAST_REQUEST_MS = 2000;
/** How long requests that are being answered after that may still take. */
const CLOSE_GRACE_MS = 5000;
/** Of large answers that clients have not taken yet, together. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024;
const RETRY_AFTER_SECS = 5;

/** How long a client may go without taking anything of its answer. */
export interface TakingPatience {
  takeMs: number;
  /** From one look at who takes nothing to the next. */
  checkMs: number;
}

interface Connection {
  /** That are being answered. */
  requests: number;
  /** Bytes of large answers. */
  unread: number;
  /** Bytes that the client, or the system in its place, has taken. */
  taken: number;
  /** How often in a row it was looked at and had taken nothing more. */
  idleLooks: number;
}

/** The connections of clients, and what is being answered on each. */
export class Connections {
  private readonly connections = new Map<Socket, Connection>();
  private unread = 0;
  private allGone: () => void = () => undefined;

  constructor(
    private readonly server: Server,
    { takeMs, checkMs }: TakingPatience,
    private readonly mostUnreadBytes = MOST_UNREAD_BYTES,
  ) {
    server.on('connection', (socket: Socket) => this.add(socket));
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const connection = this.connections.get(socket);
      if (!connection) return;
      connection.requests++;
      // A pipelined response may end unseen, but only with its connection.
      response.once('close', () => connection.requests--);
    });
    const checking = setInterval(() => this.endStalled(takeMs / checkMs), checkMs).unref();
    server.once('close', () => clearInterval(checking));
  }

  /**
   * Counts a large answer until its client has taken it.
   * @throws {Overloaded} for an answer to a request that only reads, when too much waits to be taken.
   */
  hold({ method, socket }: IncomingMessage, response: ServerResponse, bytes: number): void {
    const connection = this.connections.get(socket);
    if (!connection) return;
    if ((method === 'GET' || method === 'HEAD') && this.unread + bytes > this.mostUnreadBytes)
      throw new Overloaded('Too many answers wait to be read by their clients', RETRY_AFTER_SECS);
    const count = (change: number) => {
      connection.unread += change;
      if (this.connections.has(socket)) this.unread += change;
    };
    count(bytes);
    response.once('close', () => count(-bytes));
  }

  /**
   * Waits for clients to leave. A client that keeps its connection may be sending a request just now, and could not know
   * whether it was carried out if the connection broke. Who is answered meanwhile is told to close.
   */
  async left(): Promise<void> {
    if (this.connections.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.allGone = resolve;
      timer = setTimeout(resolve, LAST_REQUEST_MS);
    });
    clearTimeout(timer);
  }

  /**
   * A closing server waits for its connections to end. Those with a request in flight end with its answer; Node closes
   * those that are idle just then, but not those that have not sent a whole request yet, and would wait for them forever.
   */
  close(): void {
    for (const [socket, { requests }] of this.connections) if (requests === 0) socket.destroy();
    const deadline = setTimeout(() => this.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    this.server.once('close', () => clearTimeout(deadline));
  }

  private add(socket: Socket): void {
    const connection = { requests: 0, unread: 0, taken: 0, idleLooks: 0 };
    this.connections.set(socket, connection);
    socket.once('close', () => {
      this.connections.delete(socket);
      this.unread -= connection.unread;
      if (this.connections.size === 0) this.allGone();
    });
  }

  /**
   * Ends connections whose clients take nothing of what is written: it would be kept for as long as they like. Looks are
   * counted and not time, which passes for clients too when this process is held up.
   */
  private endStalled(mostLooks: number): void {
    for (const [socket, connection] of this.connections) {
      const taken = socket.bytesWritten - socket.writableLength;
      const isIdle = socket.writableLength > 0 && taken === connection.taken;
      connection.idleLooks = isIdle ? connection.idleLooks + 1 : 0;
      connection.taken = taken;
      if (connection.idleLooks >= mostLooks) socket.destroy();
    }
  }
}
