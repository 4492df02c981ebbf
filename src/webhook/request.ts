import { Inject, Injectable } from '@nestjs/common';
import { version } from '../../package.json';
import { HandleTokens } from '../access/handle-tokens';
import { CONFIG, type Config } from '../config/config';
import type { WebhookParams } from '../domain/action';
import { writeJson } from '../domain/exact-number';
import type { TraceContext } from '../domain/trace-context';
import { maxAnswerBytes } from './answer-body';
import type { Call } from './call';
import { isReserved } from './reserved-headers';
import { Signer } from './signer';
import { targetOf } from './target';

/** A request to a receiver, ready to be sent. */
export interface WebhookRequest {
  origin: string;
  /** With the query. */
  path: string;
  method: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  body?: string;
  /** Limit for the whole exchange. */
  timeoutMs: number;
  /** A longer body of the answer is left unread. */
  maxAnswerBytes: number;
}

/** A call of a group, and what the body of the request says about it, as JSON. */
export interface GroupEntry {
  call: Call;
  json: string;
}

/** The texts between the parts of a handle. */
interface Marks {
  query: string;
  and: string;
  is: string;
}

const PLAIN: Marks = { query: '?', and: '&', is: '=' };
/** Percent-encoded, for a handle that is a query parameter. */
const ENCODED: Marks = { query: '%3F', and: '%26', is: '%3D' };

/** Common firewalls refuse requests without one. */
const USER_AGENT = `Hookline/${version}`;
const JSON_TYPE = 'application/json';

/** Builds requests from calls: the URL, the headers and the body of docs/spec.md, sections 8 and 18. */
@Injectable()
export class RequestBuilder {
  /** What all handles begin with. */
  private readonly handle: string;
  /** What the query parameter with a handle begins with. */
  private readonly handleParameter: string;
  private readonly handleTokens: HandleTokens | undefined;
  private readonly signer: Signer | undefined;

  constructor(@Inject(CONFIG) { hostUrl, access, webhookSigningSecrets }: Config) {
    this.handle = `${hostUrl}/task/`;
    this.handleParameter = `handle=${encodeURIComponent(this.handle)}`;
    this.handleTokens = HandleTokens.of(access);
    this.signer = Signer.of(webhookSigningSecrets);
  }

  /**
   * Returns undefined if the action is invalid, as when its row was edited by hand: an error would end this process, and
   * then the next one.
   * @param trace is sent unless the action sets its own
   */
  build(call: Call, trace: TraceContext | null): WebhookRequest | undefined {
    try {
      return this.requestOf(call, trace);
    } catch {
      return undefined;
    }
  }

  /**
   * Returns the request for calls with the same group key; undefined if the action is invalid.
   * @param id its `Idempotency-Key`; each call has its own key in the body
   */
  buildGroup(entries: readonly GroupEntry[], id: string, trace: TraceContext | null): WebhookRequest | undefined {
    try {
      return this.groupRequestOf(entries, id, trace);
    } catch {
      return undefined;
    }
  }

  /** Returns what the body of a group says about one of its calls. */
  entryOf(call: Call): GroupEntry {
    const { key, trigger, taskId, batchId, attempt, trace } = call;
    const json = writeJson({
      key,
      trigger,
      task_id: taskId,
      batch_id: batchId,
      attempt: taskId && attempt,
      handle: taskId && this.handleOf(taskId, call, this.handle, PLAIN),
      body: bodyOf(call),
      traceparent: trace?.traceparent,
    });
    return { call, json };
  }

  private requestOf(call: Call, trace: TraceContext | null): WebhookRequest {
    const { params, key, trigger, taskId, batchId, attempt, timeoutSecs } = call;
    const { origin, path, pathToHandle, authorization } = targetOf(params.url);
    const content = bodyOf(call);
    const headers = actionHeaders(params, authorization, content !== undefined);
    headers['idempotency-key'] = key;
    headers['x-task-trigger'] = trigger;
    headers['x-batch-id'] = batchId;
    if (taskId) {
      headers['x-task-id'] = taskId;
      headers['x-task-attempt'] = String(attempt);
    }
    addTrace(headers, trace);
    const body = serialized(content, headers['content-type']);
    if (this.signer) Object.assign(headers, this.signer.headersOf(key, body));
    return {
      origin,
      path: taskId ? pathToHandle + this.handleOf(taskId, call, this.handleParameter, ENCODED) : path,
      method: params.verb.toUpperCase(),
      headers,
      body,
      timeoutMs: timeoutSecs * 1000,
      maxAnswerBytes: maxAnswerBytes(),
    };
  }

  private groupRequestOf(entries: readonly GroupEntry[], id: string, trace: TraceContext | null): WebhookRequest {
    const { params, trigger, timeoutSecs } = entries[0].call;
    const { origin, path, authorization } = targetOf(params.url);
    const headers = actionHeaders(params, authorization, true);
    if (!isJson(headers['content-type'])) headers['content-type'] = JSON_TYPE;
    headers['idempotency-key'] = id;
    headers['x-task-trigger'] = trigger;
    headers['x-hookline-group'] = String(entries.length);
    addTrace(headers, trace);
    const body = `{"calls":[${entries.map(({ json }) => json).join(',')}]}`;
    if (this.signer) Object.assign(headers, this.signer.headersOf(id, body));
    return {
      origin,
      path,
      method: params.verb.toUpperCase(),
      headers,
      body,
      timeoutMs: timeoutSecs * 1000,
      maxAnswerBytes: maxAnswerBytes(entries.length),
    };
  }

  /** Returns the handle of a task after what it begins with. Nothing in a token needs to be encoded. */
  private handleOf(taskId: string, { attempt, trigger }: Call, begin: string, { query, and, is }: Marks): string {
    const handle = begin + taskId + (attempt > 1 ? `${query}attempt${is}${attempt}` : '');
    if (!this.handleTokens) return handle;
    const token = this.handleTokens.issue(taskId, attempt, trigger === 'start' ? 'report' : 'read');
    return `${handle}${attempt > 1 ? and : query}token${is}${token}`;
  }
}

/** Returns the headers that an action sets, and defaults for those that it may set. */
function actionHeaders(
  { headers: own }: WebhookParams,
  authorization: string | undefined,
  hasBody: boolean,
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': USER_AGENT };
  if (authorization) headers.authorization = authorization;
  if (hasBody) headers['content-type'] = JSON_TYPE;
  for (const name in own) {
    const lower = name.toLowerCase();
    if (!isReserved(lower)) headers[lower] = own[name];
  }
  return headers;
}

/** An action that sets `traceparent` belongs to that trace. */
function addTrace(headers: Record<string, string>, trace: TraceContext | null): void {
  if (!trace || headers.traceparent !== undefined) return;
  headers.traceparent = trace.traceparent;
  if (trace.tracestate !== undefined) headers.tracestate = trace.tracestate;
  else delete headers.tracestate;
}

/** Returns the body of a call, also of one in a group; undefined if it has none, as a row edited by hand may have no params. */
const bodyOf = ({ params }: Call): unknown => params?.body;

/** Returns a body as it is sent: JSON, or a string as it is if the action's content type is not JSON. */
function serialized(body: unknown, contentType: string): string | undefined {
  if (body === undefined) return undefined;
  return typeof body === 'string' && !isJson(contentType) ? body : writeJson(body);
}

/** Accepts `application/json`, `application/vnd.shop+json` and an empty type, but not `application/x-ndjson`. */
function isJson(contentType: string): boolean {
  // A regular expression for the whole header could backtrack over a million blanks.
  const type = contentType.split(';', 1)[0].trim();
  return type === '' || /[/+]json$/i.test(type);
}
