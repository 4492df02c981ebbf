import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a database, to take the database away and to bring it back under the same address. */
export class Proxy {
  private readonly sockets = new Set<Socket>();
  private server: Server;
  private port = 0;

  private constructor(private readonly target: URL) {}

  /** @param databaseUrl of the database that it stands in front of. */
  static async start(databaseUrl: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(databaseUrl));
    await proxy.restore();
    return proxy;
  }

  /** The database's URL by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Breaks every connection, and refuses new ones from now on. */
  async cut(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Lets connections through again. */
  async restore(): Promise<void> {
    this.server = createServer((client) => {
      const upstream = connect(Number(this.target.port), this.target.hostname);
      this.join(client, upstream);
      this.join(upstream, client);
    });
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private join(socket: Socket, peer: Socket): void {
    this.sockets.add(socket);
    socket.pipe(peer);
    // An error is followed by `close`, and that is what counts: one end breaks with the other.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.sockets.delete(socket);
      peer.destroy();
    });
  }
}
