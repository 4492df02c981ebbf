import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What to do with a request: answer it and keep the connection, or end the connection in one of several ways. */
export type Reaction = 'answer' | 'close' | 'reset' | 'begin an answer and close';

export interface ReceivedRequest {
  /** `Idempotency-Key` of the request. */
  key: string;
  /** Number of the connection, from 0. */
  connection: number;
  /** Number of the request on its connection, from 0. */
  index: number;
}

/** A minimal HTTP server that may close a connection just when a request arrives on it. */
export class ClosingServer {
  /** Every request, in order of arrival. */
  readonly requests: ReceivedRequest[] = [];
  private readonly sockets = new Set<Socket>();
  private connections = 0;
  private readonly server: Server;

  private constructor(private readonly reactTo: (request: ReceivedRequest) => Reaction) {
    this.server = createServer((socket) => this.serve(socket, this.connections++));
  }

  /** @param reactTo decides what to do with each request. */
  static async start(reactTo: (request: ReceivedRequest) => Reaction): Promise<ClosingServer> {
    const closing = new ClosingServer(reactTo);
    await once(closing.server.listen(0, '127.0.0.1'), 'listening');
    return closing;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket, connection: number): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    let text = '';
    let index = 0;
    socket.on('data', (chunk) => {
      text += chunk.toString();
      // Requests without a body end with their headers.
      if (!text.endsWith('\r\n\r\n')) return;
      const request = { key: /^idempotency-key: (.*)\r$/m.exec(text)![1], connection, index: index++ };
      text = '';
      this.requests.push(request);
      const reaction = this.reactTo(request);
      if (reaction === 'answer') socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      else if (reaction === 'reset') socket.resetAndDestroy();
      else socket.end(reaction === 'close' ? '' : 'H');
    });
  }
}
