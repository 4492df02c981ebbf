import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Gate } from './gate';

/** Answers with a body that goes on for as long as somebody reads it. */
export class EndlessServer {
  sent = 0;
  private readonly server: Server;
  private readonly gate = new Gate();
  /** Resolves when the reader has gone. */
  readonly left = this.gate.opened;

  private constructor() {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    this.server = createServer((_request, response) => {
      response.writeHead(200);
      const pump = () => {
        while (!response.destroyed && response.write(chunk)) this.sent += chunk.length;
      };
      response.on('drain', pump).once('close', this.gate.open);
      pump();
    });
  }

  static async start(): Promise<EndlessServer> {
    const endless = new EndlessServer();
    await once(endless.server.listen(0, '127.0.0.1'), 'listening');
    return endless;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }
}

/** Listens, but accepts nothing, and its queue is full: a connection is neither made nor refused. */
export class StuckServer {
  private constructor(
    readonly url: string,
    readonly close: () => void,
  ) {}

  static async start(): Promise<StuckServer> {
    const program = `const server = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      process.stdout.write(String(server.address().port), () => process.kill(process.pid, 'SIGSTOP'));
    });`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    const fillers: Socket[] = [];
    for (let i = 0; i < 8; i++) fillers.push(connect(Number(port), '127.0.0.1').on('error', () => undefined));
    return new StuckServer(`http://127.0.0.1:${String(port)}/`, () => {
      child.kill('SIGKILL');
      fillers.forEach((filler) => filler.destroy());
    });
  }
}

/** Bytes to answer with, in one piece or several; `null` closes the connection. */
export type RawAnswer = string | Buffer | (string | Buffer | null)[];

/** Answers with exactly these bytes, whether HTTP or not, and keeps the connection open unless told otherwise. */
export class RawServer {
  /** The paths of all requests, without their queries, in the order in which they came. */
  readonly paths: string[] = [];
  private readonly answers: RawAnswer[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createTcpServer((socket) => this.serve(socket));

  static async start(): Promise<RawServer> {
    const raw = new RawServer();
    await once(raw.server.listen(0, '127.0.0.1'), 'listening');
    return raw;
  }

  /** A URL that is answered so. */
  url(answer: RawAnswer): string {
    const place = this.answers.push(answer) - 1;
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${place}`;
  }

  /** How many requests came for a URL of this server. */
  count(url: string): number {
    return this.paths.filter((path) => path === new URL(url).pathname).length;
  }

  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const [head, ...body] = text.split('\r\n\r\n');
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (body.join('\r\n\r\n').length < length || body.length === 0) return;
      text = '';
      const path = /^\S+ ([^ ?]+)/.exec(head)![1];
      this.paths.push(path);
      void this.answer(socket, this.answers[Number(path.slice(1))]);
    });
  }

  private async answer(socket: Socket, answer: RawAnswer): Promise<void> {
    for (const piece of Array.isArray(answer) ? answer : [answer]) {
      if (piece === null) socket.end();
      else await new Promise((resolve) => socket.write(piece, resolve));
    }
  }
}
