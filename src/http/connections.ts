import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How long a client that keeps its connection may take for another request when the server closes. Balancers that look
 * every second know by then.
 */
const LAST_REQUEST_MS = 2000;
/** How long requests that are being answered after that may still take. */
const CLOSE_GRACE_MS = 5000;

/** The connections of clients, and how many requests are being answered on each. */
export class Connections {
  private readonly answering = new Map<Socket, number>();
  private allGone: () => void = () => undefined;

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.answering.set(socket, 0);
      socket.once('close', () => {
        this.answering.delete(socket);
        if (this.answering.size === 0) this.allGone();
      });
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.count(socket, 1);
      // A pipelined response may end unseen, but only with its connection.
      response.once('close', () => this.count(socket, -1));
    });
  }

  /**
   * Waits for clients to leave. A client that keeps its connection may be sending a request just now, and could not know
   * whether it was carried out if the connection broke. Who is answered meanwhile is told to close.
   */
  async left(): Promise<void> {
    if (this.answering.size === 0) return;
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
    for (const [socket, requests] of this.answering) if (requests === 0) socket.destroy();
    const deadline = setTimeout(() => this.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    this.server.once('close', () => clearTimeout(deadline));
  }

  private count(socket: Socket, change: number): void {
    const requests = this.answering.get(socket);
    if (requests !== undefined) this.answering.set(socket, requests + change);
  }
}
