import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Length of the request for TLS; every other first message is longer. */
const TLS_QUESTION_LENGTH = 8;

/** What becomes of each chunk on its way. */
export interface Changes {
  /** Maps what comes from the database. */
  change?: (answer: Buffer) => Buffer;
  /** Maps what goes to the database. */
  changeSent?: (sent: Buffer) => Buffer;
}

/** A TCP proxy in front of a database, which can take it away and bring it back at the same address. */
export class Proxy {
  /** Connections broken at once because of `disturb`. */
  broken = 0;
  private readonly sockets = new Set<Socket>();
  private readonly silent = new WeakSet<Socket>();
  private disturbed = false;
  private frozen = false;
  private unknownParameter?: string;
  private server?: Server;
  private port = 0;

  private constructor(
    private target: URL,
    private readonly changes: Changes,
  ) {}

  static async start(databaseUrl: string, changes: Changes = {}): Promise<Proxy> {
    const proxy = new Proxy(new URL(databaseUrl), changes);
    await proxy.restore();
    return proxy;
  }

  /** URL of the database through the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Leads new connections to another database. */
  leadTo(databaseUrl: string): void {
    this.target = new URL(databaseUrl);
  }

  /** Breaks every connection and refuses new ones, like a stopped server. */
  async cut(): Promise<void> {
    const closed = this.server && once(this.server.close(), 'close');
    this.breakAll();
    await closed;
  }

  /** Breaks every connection, and new ones once they are made, like a faulty network. */
  disturb(): void {
    this.disturbed = true;
    this.breakAll();
  }

  /** Holds back all data without breaking connections, like a network that loses every packet. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** Holds back all data of the existing connections for good, like a server that lost its address. */
  silence(): void {
    for (const socket of this.sockets) {
      socket.pause();
      this.silent.add(socket);
    }
  }

  /** Refuses new connections that set this session parameter, like PgBouncer. */
  refuseParameter(name: string): void {
    this.unknownParameter = name;
  }

  /** Lets connections through again. */
  async restore(): Promise<void> {
    this.disturbed = false;
    this.frozen = false;
    for (const socket of this.sockets) if (!this.silent.has(socket)) socket.resume();
    if (this.server?.listening) return;
    this.server = createServer((client) => void this.accept(client));
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private async accept(client: Socket): Promise<void> {
    if (this.disturbed) {
      this.broken++;
      client.destroy();
      return;
    }
    if (this.unknownParameter && (await this.refuses(client, this.unknownParameter))) return;
    const upstream = connect(Number(this.target.port), this.target.hostname);
    this.join(client, upstream, this.changes.changeSent);
    this.join(upstream, client, this.changes.change);
  }

  /** Reads the first message of a connection, and answers it if it is refused. */
  private async refuses(client: Socket, parameter: string): Promise<boolean> {
    client.on('error', () => undefined);
    const next = () => new Promise<Buffer>((resolve) => client.once('data', resolve));
    let startup = await next();
    if (startup.length === TLS_QUESTION_LENGTH) {
      client.write('N');
      startup = await next();
    }
    if (!startup.includes(`${parameter}\0`)) {
      client.pause();
      client.unshift(startup);
      return false;
    }
    const fields = `SFATAL\0C08P01\0Munsupported startup parameter: ${parameter}\0\0`;
    const head = Buffer.from('E\0\0\0\0');
    head.writeInt32BE(4 + fields.length, 1);
    client.end(Buffer.concat([head, Buffer.from(fields)]));
    return true;
  }

  private breakAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private join(socket: Socket, peer: Socket, change?: (part: Buffer) => Buffer): void {
    this.sockets.add(socket);
    if (change) socket.on('data', (part: Buffer) => peer.write(change(part)));
    else socket.pipe(peer);
    if (this.frozen) socket.pause();
    // `close` follows an error, and ends the other side too.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.sockets.delete(socket);
      peer.destroy();
    });
  }
}
