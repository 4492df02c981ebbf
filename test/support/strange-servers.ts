import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
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
