import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A start call, with the history and the task that the body of its action names. */
export interface StartCall {
  history: number;
  task: number;
  id: string;
}

/** The answer to a start call. */
export interface StartAnswer {
  status: number;
  body: unknown;
}

/** A receiver for many thousands of calls: it keeps only counts, and lets histories answer start calls. */
export class Listener {
  /** How often each notification came, by its key. */
  readonly notices = new Map<string, number>();
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private port: number;

  private constructor(private readonly onStart: (call: StartCall) => Promise<StartAnswer>) {}

  static async open(onStart: (call: StartCall) => Promise<StartAnswer>): Promise<Listener> {
    const listener = new Listener(onStart);
    await once(listener.server.listen(0, '127.0.0.1'), 'listening');
    listener.port = (listener.server.address() as AddressInfo).port;
    return listener;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
    const header = (name: string) => String(request.headers[name]);
    if (header('x-task-trigger') !== 'start') {
      const key = header('idempotency-key');
      this.notices.set(key, (this.notices.get(key) ?? 0) + 1);
      response.end();
      return;
    }
    const { history, task } = JSON.parse(text) as Omit<StartCall, 'id'>;
    const { status, body } = await this.onStart({ history, task, id: header('x-task-id') });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
