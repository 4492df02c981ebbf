import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { HandleTokens } from '../access/handle-tokens';
import { CONFIG, type Config } from '../config/config';
import type { Trigger, WebhookParams } from '../domain/action';
import { Metrics } from '../metrics/metrics';
import { isReserved } from './reserved-headers';
import { Signer } from './signer';
import { TargetRefused } from './ssrf/guarded-connector';
import { targetOf } from './target';
import { ExchangeTimeout } from './exchange';

const MAX_ANSWER_BYTES = 64 * 1024;

/** Of the start that a task's reports are about. */
const ATTEMPT = 1;

export interface Call {
  params: WebhookParams;
  /** `Idempotency-Key` of the call. */
  key: string;
  trigger: Trigger;
  /** Absent for `batch_complete`, which then has no handle either. */
  taskId?: string;
  /** For the whole exchange. */
  timeoutSecs: number;
}

export interface Answer {
  /** 2xx. */
  ok: boolean;
  /** Absent when there was no answer at all. */
  status?: number;
  /** Why it is not ok, in one sentence that names neither address nor secret. */
  error?: string;
  /** Of a refusal that says when to come again: in so many seconds. */
  retryAfterSecs?: number;
  /** What was answered; undefined when longer than 64 KiB. */
  body?: Buffer;
}

/** Calls webhooks as SPEC.md section 8 says. A call that goes wrong is an answer, not an exception. */
@Injectable()
export class WebhookClient {
  private readonly handle: string;
  private readonly handleTokens: HandleTokens | undefined;
  private readonly signer: Signer | undefined;

  constructor(
    private readonly http: HttpService,
    private readonly metrics: Metrics,
    @Inject(CONFIG) { hostUrl, access, webhookSigningSecrets }: Config,
  ) {
    this.handleTokens = HandleTokens.of(access);
    this.signer = Signer.of(webhookSigningSecrets);
    this.handle = `handle=${encodeURIComponent(`${hostUrl}/task/`)}`;
  }

  send(call: Call): Promise<Answer> {
    const begun = performance.now();
    return new Promise((resolve) => {
      const done = (answer: Answer): void => {
        this.metrics.webhooks.attempted(call.trigger, answer, performance.now() - begun);
        resolve(answer);
      };
      const request = this.requestOf(call);
      if (!request) return done({ ok: false, error: 'Webhook is described in a way that cannot be called' });
      this.http.request<Buffer | undefined>(request).subscribe({
        next: ({ status, data, headers }) => done(answerOf(status, data, headers)),
        error: (error: unknown) => done({ ok: false, error: describe(error, call.timeoutSecs) }),
      });
    });
  }

  /** Undefined for what no request could have put into the database. It would end the process, and then the next one. */
  private requestOf(call: Call): AxiosRequestConfig<string> | undefined {
    try {
      return this.describedBy(call);
    } catch {
      return undefined; // Not being callable is the answer.
    }
  }

  private describedBy({ params, key, trigger, taskId, timeoutSecs }: Call): AxiosRequestConfig<string> {
    const { url, verb, body, headers } = params;
    const { origin, path, authorization } = targetOf(url);
    const sent: Record<string, string> = {};
    if (authorization) sent.authorization = authorization;
    if (body !== undefined) sent['content-type'] = 'application/json';
    for (const name in headers) {
      const lower = name.toLowerCase();
      if (!isReserved(lower)) sent[lower] = headers[name];
    }
    sent['idempotency-key'] = key;
    sent['x-task-trigger'] = trigger;
    if (taskId) sent['x-task-id'] = taskId;
    const data = body === undefined ? undefined : JSON.stringify(body);
    if (this.signer) Object.assign(sent, this.signer.headersOf(key, data));
    return {
      baseURL: origin,
      url: taskId ? path + this.handleOf(taskId) : path.slice(0, -1),
      method: verb.toUpperCase(),
      headers: sent,
      data,
      timeout: timeoutSecs * 1000,
      maxContentLength: MAX_ANSWER_BYTES,
    };
  }

  /** The query parameter `handle`; nothing in a token needs to be encoded. */
  private handleOf(taskId: string): string {
    const handle = this.handle + taskId;
    return this.handleTokens ? `${handle}%3Ftoken%3D${this.handleTokens.issue(taskId, ATTEMPT)}` : handle;
  }
}

function answerOf(status: number, body: Buffer | undefined, headers: AxiosResponse['headers']): Answer {
  if (status >= 200 && status < 300) return { ok: true, status, body };
  const retryAfterSecs = secondsUntil(headers['retry-after']);
  return { ok: false, status, body, retryAfterSecs, error: `Webhook answered ${status}` };
}

/** `Retry-After` has seconds or a date; anything else says nothing. */
function secondsUntil(retryAfter: unknown): number | undefined {
  if (typeof retryAfter !== 'string') return undefined;
  const secs = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return secs > 0 ? secs : undefined;
}

function describe(error: unknown, timeoutSecs: number): string {
  if (error instanceof TargetRefused) return error.message;
  if (error instanceof ExchangeTimeout) return `Webhook did not answer within ${timeoutSecs} s`;
  const { code } = error as { code?: string };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'Webhook could not be reached in time';
  if (code === 'ECONNREFUSED') return 'Webhook refused the connection';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Webhook host was not found';
  return `Webhook call failed${code ? ` (${code})` : ''}`;
}
