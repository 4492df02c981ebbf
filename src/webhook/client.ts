import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { version } from '../../package.json';
import { HandleTokens } from '../access/handle-tokens';
import { CONFIG, type Config } from '../config/config';
import type { Trigger } from '../domain/action';
import type { TraceContext } from '../domain/trace-context';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { AnswerBody, MAX_ANSWER_BYTES, type Unreadable } from './answer-body';
import type { Answer, Call } from './call';
import { CallSpan } from './call-span';
import { isReserved } from './reserved-headers';
import { secondsUntil } from './retry-after';
import { Signer } from './signer';
import { TargetRefused } from './ssrf/guarded-connector';
import { targetOf } from './target';
import { ExchangeTimeout } from './exchange';
import { writeJson } from '../domain/exact-number';

/** Common firewalls refuse calls without one. */
const USER_AGENT = `Hookline/${version}`;

/** `application/json`, `application/vnd.shop+json` and the like, but not `application/x-ndjson`; empty counts as JSON too. */
function isJson(contentType: string): boolean {
  // No regular expression over all of it: a header may have a million blanks, each a place to begin again from.
  const type = contentType.split(';', 1)[0].trim();
  return type === '' || /[/+]json$/i.test(type);
}

const UNCALLABLE: Answer = {
  ok: false,
  uncallable: true,
  error: 'Webhook is described in a way that cannot be called',
};
/** Of errors that say that the request is none, before anything is sent. */
const INVALID = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_URL']);

/** Of the start that a task's reports are about. */
const ATTEMPT = 1;

/** Calls webhooks as SPEC.md section 8 says. A call that goes wrong is an answer, not an exception. */
@Injectable()
export class WebhookClient {
  private readonly handle: string;
  private readonly handleTokens: HandleTokens | undefined;
  private readonly signer: Signer | undefined;

  constructor(
    private readonly http: HttpService,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    @Inject(CONFIG) { hostUrl, access, webhookSigningSecrets }: Config,
  ) {
    this.handleTokens = HandleTokens.of(access);
    this.signer = Signer.of(webhookSigningSecrets);
    this.handle = `handle=${encodeURIComponent(`${hostUrl}/task/`)}`;
  }

  send(call: Call): Promise<Answer> {
    const begun = performance.now();
    const span = CallSpan.of(this.tracing, call);
    return new Promise((resolve) => {
      const done = (answer: Answer): void => {
        this.metrics.webhooks.attempted(call.trigger, answer, performance.now() - begun);
        span?.end(answer);
        resolve(answer);
      };
      const request = this.requestOf(call, span?.context ?? call.trace);
      if (!request) return done(UNCALLABLE);
      this.http.request<Buffer | Unreadable>(request).subscribe({
        next: (response) => done(answerOf(response)),
        error: (error: unknown) => done(failureOf(error, call.timeoutSecs)),
      });
    });
  }

  /** Undefined for what no request could have put into the database. It would end the process, and then the next one. */
  private requestOf(call: Call, trace: TraceContext | null): AxiosRequestConfig<string> | undefined {
    try {
      return this.describedBy(call, trace);
    } catch {
      return undefined; // Not being callable is the answer.
    }
  }

  private describedBy(
    { params, key, trigger, taskId, timeoutSecs }: Call,
    trace: TraceContext | null,
  ): AxiosRequestConfig<string> {
    const { url, verb, body, headers } = params;
    const { origin, path, pathToHandle, authorization } = targetOf(url);
    const sent: Record<string, string> = { 'user-agent': USER_AGENT };
    if (authorization) sent.authorization = authorization;
    if (body !== undefined) sent['content-type'] = 'application/json';
    for (const name in headers) {
      const lower = name.toLowerCase();
      if (!isReserved(lower)) sent[lower] = headers[name];
    }
    // An action that names its trace itself belongs to that one.
    if (trace && sent.traceparent === undefined) {
      sent.traceparent = trace.traceparent;
      if (trace.tracestate !== undefined) sent.tracestate = trace.tracestate;
      else delete sent.tracestate;
    }
    sent['idempotency-key'] = key;
    sent['x-task-trigger'] = trigger;
    if (taskId) sent['x-task-id'] = taskId;
    const data = dataOf(body, sent['content-type']);
    if (this.signer) Object.assign(sent, this.signer.headersOf(key, data));
    return {
      baseURL: origin,
      url: taskId ? pathToHandle + this.handleOf(taskId, trigger) : path,
      method: verb.toUpperCase(),
      headers: sent,
      data,
      timeout: timeoutSecs * 1000,
      maxContentLength: MAX_ANSWER_BYTES,
    };
  }

  /** The query parameter `handle`; nothing in a token needs to be encoded. */
  private handleOf(taskId: string, trigger: Trigger): string {
    const handle = this.handle + taskId;
    if (!this.handleTokens) return handle;
    const token = this.handleTokens.issue(taskId, ATTEMPT, trigger === 'start' ? 'report' : 'read');
    return `${handle}%3Ftoken%3D${token}`;
  }
}

/** The bytes to send: a text is sent as it is where the action says that it is not JSON. */
function dataOf(body: unknown, contentType: string): string | undefined {
  if (body === undefined) return undefined;
  return typeof body === 'string' && !isJson(contentType) ? body : writeJson(body);
}

function answerOf({ status, data, headers }: AxiosResponse<Buffer | Unreadable>): Answer {
  const body = new AnswerBody(data, headers);
  if (status >= 200 && status < 300) return { ok: true, status, body };
  const retryAfterSecs = secondsUntil(headers['retry-after']);
  return { ok: false, status, body, retryAfterSecs, error: `Webhook answered ${status}` };
}

function failureOf(error: unknown, timeoutSecs: number): Answer {
  const { code = '' } = error as { code?: string };
  return INVALID.has(code) ? UNCALLABLE : { ok: false, error: describe(error, timeoutSecs) };
}

function describe(error: unknown, timeoutSecs: number): string {
  if (error instanceof TargetRefused) return error.message;
  if (error instanceof ExchangeTimeout) return `Webhook did not answer within ${timeoutSecs} s`;
  const { code, name } = error as Error & { code?: string };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'Webhook could not be reached in time';
  if (code === 'ECONNREFUSED') return 'Webhook refused the connection';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Webhook host was not found';
  if (name === 'HTTPParserError') return 'Webhook did not answer with valid HTTP';
  if (code === 'ETIMEOUT') return 'Webhook host could not be resolved in time';
  return `Webhook call failed${code ? ` (${code})` : ''}`;
}
