import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './poll';

/** A request as it came in, complete with its body. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed if it says it is JSON, otherwise text; undefined if there was none. */
  readonly body: unknown;
  /** The same as it came; empty if there was none. */
  readonly text: string;
  /** When it was complete, in ms as of `Date.now()`. */
  readonly at: number;
}

/** What to do with a call. */
export type Reply =
  | {
      /** 200 if absent. */
      readonly status?: number;
      readonly headers?: Record<string, string>;
      /** A string is sent as it is, anything else as JSON. */
      readonly body?: unknown;
      /** The answer is held back until this resolves. */
      readonly after?: Promise<unknown>;
    }
  /** Cut the connection without an answer. */
  | 'destroy'
  /** Keep the connection open and say nothing. */
  | 'silence'
  /** Begin a 200 and send a byte every 20 ms without end. */
  | 'drip';

/** One reply, or what makes it from the call. */
export type Script = Reply | ((call: Call) => Reply | Promise<Reply>);

/** Calls to one path, or those that a predicate picks. */
export type Filter = string | ((call: Call) => boolean);

/** A real HTTP server that stands for the services which Hookline calls. It answers 200 unless told otherwise. */
export class Receiver {
  private readonly calls: Call[] = [];
  private readonly scripts = new Map<string, Script[]>();
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private port: number;

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await once(receiver.server.listen(0, '127.0.0.1'), 'listening');
    receiver.port = (receiver.server.address() as AddressInfo).port;
    return receiver;
  }

  /** Holds after `close` too: nobody answers there then. */
  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Replies to the next calls of a path with these in turn; the last one stays. */
  reply(path: string, ...scripts: Script[]): this {
    this.scripts.set(path, scripts);
    return this;
  }

  /** The calls so far, oldest first. */
  received(filter: Filter = () => true): Call[] {
    return this.calls.filter((call) => (typeof filter === 'string' ? call.path === filter : filter(call)));
  }

  /** The calls that pass the filter, once there are at least `count` of them. */
  waitFor(count: number, filter?: Filter, timeoutMs?: number): Promise<Call[]> {
    return eventually(
      () => {
        const calls = this.received(filter);
        if (calls.length >= count) return calls;
        const others = this.calls.map(({ method, path }) => `${method} ${path}`);
        throw new Error(`${calls.length} of ${count} calls came; all that came: ${others.join(', ') || 'none'}`);
      },
      { timeoutMs },
    );
  }

  /** Cuts every connection and frees the port. */
  async close(): Promise<void> {
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await read(request);
    if (!call) return;
    this.calls.push(call);
    try {
      await answer(response, await this.replyTo(call));
    } catch (error) {
      // A script has failed: the caller's log or stored error then tells the test why.
      await answer(response, { status: 500, body: String(error) });
    }
  }

  private replyTo(call: Call): Reply | Promise<Reply> {
    const scripts = this.scripts.get(call.path) ?? [{}];
    const script = scripts.length > 1 ? scripts.shift()! : scripts[0];
    return typeof script === 'function' ? script(call) : script;
  }
}

/** Undefined when the caller went away before its request was complete. */
async function read(request: IncomingMessage): Promise<Call | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  const { pathname, searchParams } = new URL(request.url!, 'http://receiver');
  const text = Buffer.concat(chunks).toString();
  const json = request.headers['content-type']?.includes('json');
  const body: unknown = text && json ? parsed(text) : text || undefined;
  return {
    method: request.method!,
    path: pathname,
    query: searchParams,
    headers: request.headers,
    body,
    text,
    at: Date.now(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // A test may well send what only claims to be JSON.
  }
}

async function answer(response: ServerResponse, reply: Reply): Promise<void> {
  if (reply === 'silence') return;
  if (reply === 'destroy') return void response.destroy();
  if (reply === 'drip') {
    const timer = setInterval(() => response.write(' '), 20);
    return void response.once('close', () => clearInterval(timer));
  }
  await reply.after;
  const json = reply.body !== undefined && typeof reply.body !== 'string';
  response.writeHead(reply.status ?? 200, { ...(json && { 'content-type': 'application/json' }), ...reply.headers });
  response.end(json ? JSON.stringify(reply.body) : reply.body);
}
