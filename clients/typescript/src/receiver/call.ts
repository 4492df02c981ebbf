import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Context, contextOf } from '../context.ts';
import { type Handle, parseHandle } from './handle.ts';
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
  /** Id of the task's batch, or of the completed batch. */
  readonly batchId: string;
}

interface AboutTask extends CallBase {
  readonly taskId: string;
  /** Number of the attempt at the task, from 1; in notifications, of the last one. */
  readonly attempt: number;
  /** The task and the results of its parents, if the action has `context: true`. */
  readonly context: Context | undefined;
}

/** A call of the service about a task. */
export interface TaskCall extends AboutTask {
  readonly event: 'start' | 'success' | 'failure' | 'cancel';
  readonly handle: Handle;
  /** URL of this call without the handle; undefined if the request has no Host header. */
  readonly address: string | undefined;
}

/** A call of the service about a completed batch. */
export interface BatchCall extends CallBase {
  readonly event: 'complete';
}

/** A call of the service about a task or a completed batch. */
export type Call = TaskCall | BatchCall;

/** A notification about the end of a task or a batch. */
export type Notification = (AboutTask & { readonly event: 'success' | 'failure'; readonly handle: string }) | BatchCall;

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
  /** Address of the service, to which every handle leads. */
  readonly service?: string;
  /** Address of this receiver without the path; default: the Host header. */
  readonly origin?: string;
}

/** The calls of one request: one, or a group. */
export interface Exchange {
  readonly calls: readonly Call[];
  readonly isGroup: boolean;
}

/** A call of a group, with the members that the kit uses; the rest is in the key. */
interface Entry {
  readonly key: string;
  readonly batch_id?: string;
  readonly handle?: string;
  readonly body?: unknown;
  readonly traceparent?: string;
}

/**
 * Reads and verifies the calls of a request. Event, id and attempt come from the keys, because the signature covers them.
 * @throws {NotACall}
 */
export async function readCalls(request: IncomingMessage, { verify, service, origin }: Trust): Promise<Exchange> {
  const { headers } = request;
  const content = await read(request);
  if (verify && !verify(headers, content)) throw new NotACall(401, 'The signature is missing, wrong or too old');
  const key = String(headers[verify ? 'webhook-id' : 'idempotency-key'] ?? '');
  const url = urlOf(request, origin);
  const handle = url.searchParams.get('handle') ?? '';
  url.searchParams.delete('handle');
  const address = origin !== undefined || headers.host !== undefined ? url.href : undefined;
  const rest = { query: url.searchParams, headers, address, service };
  const body = parse(headers, content);
  const batch_id = String(headers['x-batch-id'] ?? '');
  if (!key.startsWith('group:')) return { calls: [callOf({ key, body, handle, batch_id }, rest)], isGroup: false };
  const { calls } = (body ?? {}) as { calls?: (Entry | null)[] };
  if (!Array.isArray(calls)) throw new NotACall(400, 'A group without calls');
  return { calls: calls.map((entry) => callOf(entry ?? { key: '' }, rest)), isGroup: true };
}

interface Rest extends Pick<TaskCall, 'query' | 'headers' | 'address'> {
  readonly service?: string;
}

/**
 * Returns the call for an entry of a group, or for the parts of a request.
 * @throws {NotACall}
 */
function callOf(entry: Entry, { service, address, query, headers: shared }: Rest): Call {
  const { key, body, batch_id = '', traceparent } = entry;
  const headers = traceparent === undefined ? shared : { ...shared, traceparent };
  const base = { key, body, query, headers };
  const [, ofBatch] = BATCH.exec(key) ?? [];
  if (ofBatch !== undefined) return { ...base, event: 'complete', batchId: ofBatch };
  const [, taskId, ofAttempt = '1', event, end] = TASK.exec(key) ?? [];
  if (taskId === undefined) throw new NotACall(400, 'Not a call of Hookline');
  const attempt = Number(ofAttempt);
  const handle = parseHandle(entry.handle ?? '');
  if (!handle || handle.taskId !== taskId || handle.attempt !== attempt || !isOf(service, handle))
    throw new NotACall(400, 'The handle does not belong to this attempt at this task');
  const context = contextOf(body, taskId);
  return { ...base, event: (event ?? end) as 'start', taskId, attempt, batchId: batch_id, context, handle, address };
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
    return new URL((origin ?? `${scheme}://${host}`) + (request.originalUrl ?? request.url));
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

/** Checks where a handle leads: unless in a group, it is part of the query, which the signature does not cover. */
const isOf = (service: string | undefined, handle: Handle): boolean =>
  service === undefined || handle.service === service;
