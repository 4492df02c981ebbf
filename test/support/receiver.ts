import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { LocalServer } from './local-server';
import { eventually } from './poll';

/** A complete request. */
export interface Call {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed if it is sent as JSON, otherwise text; undefined without a body. */
  readonly body: unknown;
  /** The body as text; empty without one. */
  readonly text: string;
  /** Time of its end, as `Date.now()`. */
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

/** A reply, or a function that makes it from the call. */
export type Script = Reply | ((call: Call) => Reply | Promise<Reply>);

/** Selects calls by path or by a predicate. */
export type Filter = string | ((call: Call) => boolean);

/** A real HTTP server in the role of a receiver. It answers 200 unless told otherwise. */
export class Receiver extends LocalServer {
  private readonly calls: Call[] = [];
  private readonly scripts = new Map<string, Script[]>();

  url(path: string): string {
    return this.origin + path;
  }

  /** Sets the replies to the next calls of a path; the last one stays. */
  reply(path: string, ...scripts: Script[]): this {
    this.scripts.set(path, scripts);
    return this;
  }

  /** Returns the calls so far, oldest first. */
  received(filter: Filter = () => true): Call[] {
    return this.calls.filter((call) => (typeof filter === 'string' ? call.path === filter : filter(call)));
  }

  /** Waits for at least `count` calls that pass the filter. */
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

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await read(request);
    if (!call) return;
    this.calls.push(call);
    try {
      await answer(response, await this.replyTo(call));
    } catch (error) {
      // A failed script shows in the stored error of the delivery.
      await answer(response, { status: 500, body: String(error) });
    }
  }

  private replyTo(call: Call): Reply | Promise<Reply> {
    const scripts = this.scripts.get(call.path) ?? [{}];
    const script = scripts.length > 1 ? scripts.shift()! : scripts[0];
    return typeof script === 'function' ? script(call) : script;
  }
}

/** Returns undefined when the caller left before its request was complete. */
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
    return text; // Tests also send broken JSON.
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
