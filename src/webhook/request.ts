import { Inject, Injectable } from '@nestjs/common';
import { version } from '../../package.json';
import { HandleTokens } from '../access/handle-tokens';
import { CONFIG, type Config } from '../config/config';
import { writeJson } from '../domain/exact-number';
import type { TraceContext } from '../domain/trace-context';
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
}

/** Common firewalls refuse requests without one. */
const USER_AGENT = `Hookline/${version}`;

/** Builds requests from calls: the URL with the handle, the headers and the body of docs/spec.md, section 8. */
@Injectable()
export class RequestBuilder {
  /** The query parameter without the task id. */
  private readonly handle: string;
  private readonly handleTokens: HandleTokens | undefined;
  private readonly signer: Signer | undefined;

  constructor(@Inject(CONFIG) { hostUrl, access, webhookSigningSecrets }: Config) {
    this.handle = `handle=${encodeURIComponent(`${hostUrl}/task/`)}`;
    this.handleTokens = HandleTokens.of(access);
    this.signer = Signer.of(webhookSigningSecrets);
  }

  /**
   * @param trace is sent unless the action sets its own
   * @throws if the action is invalid, as when its row was edited by hand
   */
  build(call: Call, trace: TraceContext | null): WebhookRequest {
    const { params, taskId, timeoutSecs } = call;
    const { origin, path, pathToHandle, authorization } = targetOf(params.url);
    const headers = actionHeaders(call, authorization);
    addOwnHeaders(headers, call);
    addTrace(headers, trace);
    const body = bodyOf(params.body, headers['content-type']);
    if (this.signer) Object.assign(headers, this.signer.headersOf(call.key, body));
    return {
      origin,
      path: taskId ? pathToHandle + this.handleOf(taskId, call) : path,
      method: params.verb.toUpperCase(),
      headers,
      body,
      timeoutMs: timeoutSecs * 1000,
    };
  }

  /** Returns the query parameter `handle`. Nothing in a token needs to be encoded. */
  private handleOf(taskId: string, { attempt, trigger }: Call): string {
    const handle = this.handle + taskId + (attempt > 1 ? `%3Fattempt%3D${attempt}` : '');
    if (!this.handleTokens) return handle;
    const token = this.handleTokens.issue(taskId, attempt, trigger === 'start' ? 'report' : 'read');
    return `${handle}${attempt > 1 ? '%26' : '%3F'}token%3D${token}`;
  }
}

/** Returns the headers that an action sets, and defaults for those that it may set. */
function actionHeaders({ params }: Call, authorization?: string): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': USER_AGENT };
  if (authorization) headers.authorization = authorization;
  if (params.body !== undefined) headers['content-type'] = 'application/json';
  for (const name in params.headers) {
    const lower = name.toLowerCase();
    if (!isReserved(lower)) headers[lower] = params.headers[name];
  }
  return headers;
}

/** Adds the headers that only Hookline sets. */
function addOwnHeaders(headers: Record<string, string>, { key, trigger, taskId, batchId, attempt }: Call): void {
  headers['idempotency-key'] = key;
  headers['x-task-trigger'] = trigger;
  headers['x-batch-id'] = batchId;
  if (!taskId) return;
  headers['x-task-id'] = taskId;
  headers['x-task-attempt'] = String(attempt);
}

/** An action that sets `traceparent` belongs to that trace. */
function addTrace(headers: Record<string, string>, trace: TraceContext | null): void {
  if (!trace || headers.traceparent !== undefined) return;
  headers.traceparent = trace.traceparent;
  if (trace.tracestate !== undefined) headers.tracestate = trace.tracestate;
  else delete headers.tracestate;
}

/** Returns the body as it is sent: JSON, or a string as it is if the action's content type is not JSON. */
function bodyOf(body: unknown, contentType: string): string | undefined {
  if (body === undefined) return undefined;
  return typeof body === 'string' && !isJson(contentType) ? body : writeJson(body);
}

/** Accepts `application/json`, `application/vnd.shop+json` and an empty type, but not `application/x-ndjson`. */
function isJson(contentType: string): boolean {
  // A regular expression for the whole header could backtrack over a million blanks.
  const type = contentType.split(';', 1)[0].trim();
  return type === '' || /[/+]json$/i.test(type);
}
