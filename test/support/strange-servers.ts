import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Gate } from './gate';
import { LocalServer } from './local-server';

/** Answers with a body that never ends while it is read. */
export class EndlessServer extends LocalServer {
  sent = 0;
  private readonly gate = new Gate();
  /** Resolves when the reader is gone. */
  readonly left = this.gate.opened;

  protected serve(_request: IncomingMessage, response: ServerResponse): void {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    response.writeHead(200);
    const pump = () => {
      while (!response.destroyed && response.write(chunk)) this.sent += chunk.length;
    };
    response.on('drain', pump).once('close', this.gate.open);
    pump();
  }
}

/** Listens with a full queue, so that a connection is neither accepted nor refused. */
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

/** Answers with exactly these bytes, and keeps the connection open unless told otherwise. */
export class RawServer {
  /** The paths of all requests without queries, in order of arrival. */
  readonly paths: string[] = [];
  private readonly answers: RawAnswer[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createTcpServer((socket) => this.serve(socket));

  static async start(): Promise<RawServer> {
    const raw = new RawServer();
    await once(raw.server.listen(0, '127.0.0.1'), 'listening');
    return raw;
  }

  /** Returns a URL with this answer. */
  url(answer: RawAnswer): string {
    const place = this.answers.push(answer) - 1;
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${place}`;
  }

  /** Returns the number of requests to a URL. */
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
