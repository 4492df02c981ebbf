import { request as call, type IncomingMessage, type ServerResponse } from 'node:http';
import { LocalServer } from './local-server';

export interface Passing {
  method: string;
  /** Path with query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** Status of the answer; absent while there is none. */
  status?: number;
}

/** Answers a request instead of passing it on: with a status and headers, or with a cut connection. `lose` cuts the answer. */
type Obstacle = { status: number; headers?: Record<string, string> } | 'destroy' | 'lose';

/** A reverse proxy in front of the service that records requests and can intercept them. */
export class Front extends LocalServer {
  /** Prefix that is stripped from paths; other paths are 404. */
  prefix = '';
  /** Intercepts the requests that it returns something for. */
  obstacle: (passing: Passing) => Obstacle | undefined = () => undefined;
  private readonly passed: Passing[] = [];

  /** @param target where requests go. */
  constructor(public target = '') {
    super();
  }

  /** Returns the requests so far, passed on or intercepted, oldest first. */
  seen(method: string, path: string | RegExp): Passing[] {
    return this.passed.filter(
      (one) => one.method === method && (typeof path === 'string' ? one.path === path : path.test(one.path)),
    );
  }

  /** Cuts every connection, like a proxy that restarts. */
  cut(): void {
    this.server.closeAllConnections();
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    const passing: Passing = { method, path, headers, body: Buffer.concat(chunks).toString() };
    this.passed.push(passing);
    const obstacle = this.obstacle(passing);
    if (obstacle === 'destroy') return void response.destroy();
    if (obstacle && obstacle !== 'lose')
      return void response.writeHead((passing.status = obstacle.status), obstacle.headers).end();
    if (!path.startsWith(this.prefix)) return void response.writeHead(404).end();
    const upstream = call(this.target + path.slice(this.prefix.length), { method, headers }, (answer) => {
      passing.status = answer.statusCode;
      if (obstacle === 'lose') return void response.destroy();
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    upstream.end(passing.body);
  }
}
