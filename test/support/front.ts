import { once } from 'node:events';
import { createServer, request as call, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Passing {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** Of the answer; absent while there is none. */
  status?: number;
}

/** What becomes of a request instead of being passed on: a status and headers, or a cut connection. */
export type Obstacle = { status: number; headers?: Record<string, string> } | 'destroy';

/** Stands before the service like a proxy, to see what passes and to get in the way of it. */
export class Front {
  /** Where requests are passed on to. */
  target: string;
  /** Stripped from paths before they are passed on; what is not below it is 404. */
  prefix = '';
  /** Gets in the way of what it returns something for. */
  obstacle: (passing: Passing) => Obstacle | undefined = () => undefined;
  private readonly passed: Passing[] = [];
  private readonly server = createServer((request, response) => void this.pass(request, response));
  private port: number;

  static async start(target = ''): Promise<Front> {
    const front = new Front();
    front.target = target;
    await once(front.server.listen(0, '127.0.0.1'), 'listening');
    front.port = (front.server.address() as AddressInfo).port;
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What has passed, or was kept from it; oldest first. */
  seen(method: string, path: string | RegExp): Passing[] {
    return this.passed.filter(
      (one) => one.method === method && (typeof path === 'string' ? one.path === path : path.test(one.path)),
    );
  }

  /** Cuts every connection, as a proxy does that is restarted. */
  cut(): void {
    this.server.closeAllConnections();
  }

  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    this.cut();
    await closed;
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    const passing: Passing = { method, path, headers, body: Buffer.concat(chunks).toString() };
    this.passed.push(passing);
    const obstacle = this.obstacle(passing);
    if (obstacle === 'destroy') return void response.destroy();
    if (obstacle) return void response.writeHead((passing.status = obstacle.status), obstacle.headers).end();
    if (!path.startsWith(this.prefix)) return void response.writeHead(404).end();
    const upstream = call(this.target + path.slice(this.prefix.length), { method, headers }, (answer) => {
      passing.status = answer.statusCode;
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    upstream.end(passing.body);
  }
}
