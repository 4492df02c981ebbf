import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What to do with a request: answer it and keep the connection, or end the connection in one of several ways. */
export type Deed = 'answer' | 'close' | 'reset' | 'begin an answer and close';

export interface Heard {
  /** `Idempotency-Key` of the request. */
  key: string;
  /** Of its connection: 0 is the first one that was made. */
  connection: number;
  /** On its connection: 0 is the first one. */
  place: number;
}

/** An HTTP server, as far as it need be one, that may close a connection at the moment at which a request arrives on it. */
export class ClosingServer {
  /** Every request, in the order in which they came. */
  readonly heard: Heard[] = [];
  private readonly sockets = new Set<Socket>();
  private connections = 0;
  private readonly server: Server;

  private constructor(private readonly deedFor: (request: Heard) => Deed) {
    this.server = createServer((socket) => this.serve(socket, this.connections++));
  }

  /** @param deedFor decides about each request. */
  static async start(deedFor: (request: Heard) => Deed): Promise<ClosingServer> {
    const closing = new ClosingServer(deedFor);
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
    let place = 0;
    socket.on('data', (chunk) => {
      text += chunk.toString();
      // Requests without a body end with their headers.
      if (!text.endsWith('\r\n\r\n')) return;
      const request = { key: /^idempotency-key: (.*)\r$/m.exec(text)![1], connection, place: place++ };
      text = '';
      this.heard.push(request);
      const deed = this.deedFor(request);
      if (deed === 'answer') socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      else if (deed === 'reset') socket.resetAndDestroy();
      else socket.end(deed === 'close' ? '' : 'H');
    });
  }
}
