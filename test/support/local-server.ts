import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on a free port that listens at once, as `listen` without a host does: `describe` blocks know its URL. */
export abstract class LocalServer {
  protected readonly server = createServer((request, response) => void this.serve(request, response))
    .listen(0)
    .unref();
  readonly port = (this.server.address() as AddressInfo).port;
  /** Stays valid after `close`; nobody answers there then. */
  readonly origin = `http://127.0.0.1:${this.port}`;

  protected abstract serve(request: IncomingMessage, response: ServerResponse): void | Promise<void>;

  /** Cuts every connection and frees the port; does nothing the second time. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }
}
