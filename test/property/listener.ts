import type { IncomingMessage, ServerResponse } from 'node:http';
import { LocalServer } from '../support/local-server';

/** A start call, with the history and the task that the body of its action names. */
export interface StartCall {
  history: number;
  task: number;
  id: string;
  /** The attempt at the task. */
  attempt: number;
}

/** The answer to a start call. */
export interface StartAnswer {
  status: number;
  body: unknown;
}

/** A receiver for many thousands of calls: it keeps only counts, and lets histories answer start calls. */
export class Listener extends LocalServer {
  /** How often each notification came, by its key. */
  readonly notices = new Map<string, number>();

  constructor(private readonly onStart: (call: StartCall) => Promise<StartAnswer>) {
    super();
  }

  url(path: string): string {
    return this.origin + path;
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
    const header = (name: string) => String(request.headers[name]);
    if (header('x-task-trigger') !== 'start') {
      const key = header('idempotency-key');
      this.notices.set(key, (this.notices.get(key) ?? 0) + 1);
      response.end();
      return;
    }
    const { history, task } = JSON.parse(text) as Pick<StartCall, 'history' | 'task'>;
    const { status, body } = await this.onStart({
      history,
      task,
      id: header('x-task-id'),
      attempt: Number(header('x-task-attempt')),
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
