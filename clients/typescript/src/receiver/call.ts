import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Verify } from './signature.ts';

/** Members of every call. */
interface CallBase {
  /** Idempotency key: a call with a known key is a repetition. */
  readonly key: string;
  /** Body of the action: JSON, or text if its content type is not JSON; undefined without a body. */
  readonly body: unknown;
  /** Query of the action's URL. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** A call of the service about a task or a completed batch. */
export type Call = CallBase &
  (
    | {
        readonly event: 'start' | 'success' | 'failure' | 'cancel';
        readonly taskId: string;
        /** Number of the attempt at the task, from 1. */
        readonly attempt: number;
        /** URL for reports. */
        readonly handle: string;
        /** URL of this call without the handle; undefined if the request has no Host header. */
        readonly address: string | undefined;
      }
    | { readonly event: 'complete'; readonly batchId: string }
  );

/** A notification about the end of a task or a batch. */
export type Notification = CallBase &
  (
    | {
        readonly event: 'success' | 'failure';
        readonly taskId: string;
        /** Number of the last attempt at the task, from 1. */
        readonly attempt: number;
        readonly handle: string;
      }
    | { readonly event: 'complete'; readonly batchId: string }
  );

/** A request that is not a call of the service; it is answered with the status. */
export class NotACall extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The default limit of the service for requests that create tasks. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** The first attempt has no part of the key. */
const TASK = /^([\da-f-]{36}):(?:attempt-(\d+):)?(?:(start|cancel)|end:(success|failure))(?::|$)/;
const BATCH = /^batch:([\da-f-]{36}):complete(?::|$)/;

/** Settings by which calls are verified. */
export interface Trust {
  /** Undefined if calls are not signed. */
  readonly verify?: Verify;
  /** Prefix of every handle. */
  readonly service?: string;
  /** Address of this receiver without the path; default: the Host header. */
  readonly origin?: string;
}

/**
 * Reads and verifies a call. Event, id and attempt come from the key, because the signature covers it.
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
  const base = { key, body: parse(headers, content), query: url.searchParams, headers };

  const [, batchId] = BATCH.exec(key) ?? [];
  if (batchId !== undefined) return { ...base, event: 'complete', batchId };
  const [, taskId, ofAttempt = '1', call, end] = TASK.exec(key) ?? [];
  if (taskId === undefined) throw new NotACall(400, 'Not a call of Hookline');
  const attempt = Number(ofAttempt);
  if (!isHandle(handle, taskId, attempt, service))
    throw new NotACall(400, 'The handle does not belong to this attempt at this task');
  const isKnown = origin !== undefined || headers.host !== undefined;
  return { ...base, event: (call ?? end) as 'start', taskId, attempt, handle, address: isKnown ? url.href : undefined };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  if (request.readableDidRead || request.readableEnded)
    throw new NotACall(500, 'The body has already been read: mount the receiver before body parsers');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new NotACall(413, `The body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Frameworks that mount a listener below a path remove it from `url`, and keep it in `originalUrl`. */
function urlOf(request: IncomingMessage & { originalUrl?: string }, origin?: string): URL {
  const { host = 'receiver' } = request.headers;
  const scheme = (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  try {
    // Only for the configured origin: on a Host header of 16,000 slashes, the expression would be slow.
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

/** Checks where a handle leads: it is part of the query, which the signature does not cover. */
function isHandle(handle: string, taskId: string, attempt: number, service = ''): boolean {
  if (!URL.canParse(handle)) return false;
  const prefix = service.replace(/\/+$/, '');
  const { protocol, pathname, searchParams } = new URL(handle);
  return (
    /^https?:$/.test(protocol) &&
    pathname.endsWith(`/task/${taskId}`) &&
    Number(searchParams.get('attempt') ?? 1) === attempt &&
    (!prefix || handle.startsWith(`${prefix}/task/${taskId}`))
  );
}
