import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Verify } from './signature.ts';

/** What every call tells. */
interface Told {
  /** Names the event: the same key is the same call, made again. */
  readonly key: string;
  /** The body of the action: JSON, or text if its headers say otherwise; undefined if there is none. */
  readonly body: unknown;
  /** The query of the action's URL. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** A call of the service: about a task, or about a batch that is complete. */
export type Call = Told &
  (
    | {
        readonly event: 'start' | 'success' | 'failure' | 'cancel';
        readonly taskId: string;
        /** Where to report to. */
        readonly handle: string;
        /** The address at which this call came in, without the handle; undefined if the caller did not name the host. */
        readonly address: string | undefined;
      }
    | { readonly event: 'complete'; readonly batchId: string }
  );

/** How a task ended, or that a batch did. */
export type Notification = Told &
  (
    | { readonly event: 'success' | 'failure'; readonly taskId: string; readonly handle: string }
    | { readonly event: 'complete'; readonly batchId: string }
  );

/** A request that is no call of the service; the status is the answer. */
export class NotACall extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** As much as the service takes in a whole request that creates tasks. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const TASK = /^([\da-f-]{36}):(?:(start|cancel)|end:(success|failure))(?::|$)/;
const BATCH = /^batch:([\da-f-]{36}):complete(?::|$)/;

/** What is needed to tell a call from what others send. */
export interface Trust {
  /** Undefined: calls are not signed. */
  readonly verify?: Verify;
  /** What a handle begins with. */
  readonly service?: string;
  /** At which address callers reach this receiver, up to the path; undefined: what they call it. */
  readonly origin?: string;
}

/**
 * Reads a call. With signatures, what it is about is taken from the key alone, for that is signed.
 * @throws {NotACall}
 */
export async function readCall(request: IncomingMessage, { verify, service, origin }: Trust): Promise<Call> {
  const { headers } = request;
  const content = await read(request);
  if (verify && !verify(headers, content)) throw new NotACall(401, 'The signature is missing, wrong or too old');
  const key = String(headers[verify ? 'webhook-id' : 'idempotency-key'] ?? '');
  const url = urlOf(request, origin);
  const handle = url.searchParams.get('handle') ?? '';
  url.searchParams.delete('handle');
  const told = { key, body: parse(headers, content), query: url.searchParams, headers };

  const [, batchId] = BATCH.exec(key) ?? [];
  if (batchId !== undefined) return { ...told, event: 'complete', batchId };
  const [, taskId, call, end] = TASK.exec(key) ?? [];
  if (taskId === undefined) throw new NotACall(400, 'This is not a call of Hookline');
  if (!isHandle(handle, taskId, service)) throw new NotACall(400, 'The handle is not one of this task');
  const isKnown = origin !== undefined || headers.host !== undefined;
  return { ...told, event: (call ?? end) as 'start', taskId, handle, address: isKnown ? url.href : undefined };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  if (request.readableDidRead || request.readableEnded)
    throw new NotACall(500, 'The body was read before it came here: mount the receiver before what parses bodies');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new NotACall(413, `A body has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Frameworks that mount a listener below a path cut it off from `url`, and keep the whole. */
function urlOf(request: IncomingMessage & { originalUrl?: string }, origin?: string): URL {
  const { host = 'receiver' } = request.headers;
  const scheme = (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  try {
    // Only what is configured may end with a slash: looking for one in a host of 16,000 slashes takes a while.
    const base = origin?.replace(/\/+$/, '') ?? `${scheme}://${host}`;
    return new URL(base + (request.originalUrl ?? request.url));
  } catch {
    throw new NotACall(400, 'The address is not valid');
  }
}

function parse(headers: IncomingHttpHeaders, content: Buffer): unknown {
  if (content.length === 0) return undefined;
  if (!headers['content-type']?.includes('json')) return content.toString();
  try {
    return JSON.parse(content.toString());
  } catch {
    throw new NotACall(400, 'The body is not JSON');
  }
}

/** The query, and with it the handle, is not signed: what it leads to is looked at. */
function isHandle(handle: string, taskId: string, service = ''): boolean {
  if (!URL.canParse(handle)) return false;
  const prefix = service.replace(/\/+$/, '');
  const { protocol, pathname } = new URL(handle);
  return (
    /^https?:$/.test(protocol) &&
    pathname.endsWith(`/task/${taskId}`) &&
    (!prefix || handle.startsWith(`${prefix}/task/${taskId}`))
  );
}
