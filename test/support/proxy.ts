import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a database, to take the database away and to bring it back under the same address. */
export class Proxy {
  /** Connections that were broken as soon as they were made, because of `disturb`. */
  broken = 0;
  private readonly sockets = new Set<Socket>();
  private disturbed = false;
  private server?: Server;
  private port = 0;

  private constructor(private target: URL) {}

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

  /** From now on new connections lead to another database. */
  leadTo(databaseUrl: string): void {
    this.target = new URL(databaseUrl);
  }

  /** Breaks every connection, and refuses new ones from now on, like a server that is stopped. */
  async cut(): Promise<void> {
    const closed = this.server && once(this.server.close(), 'close');
    this.breakAll();
    await closed;
  }

  /** Breaks every connection, and new ones too as soon as they are made, like a network that is in trouble. */
  disturb(): void {
    this.disturbed = true;
    this.breakAll();
  }

  /** Lets connections through again. */
  async restore(): Promise<void> {
    this.disturbed = false;
    if (this.server?.listening) return;
    this.server = createServer((client) => {
      if (this.disturbed) {
        this.broken++;
        client.destroy();
        return;
      }
      const upstream = connect(Number(this.target.port), this.target.hostname);
      this.join(client, upstream);
      this.join(upstream, client);
    });
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private breakAll(): void {
    for (const socket of this.sockets) socket.destroy();
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
