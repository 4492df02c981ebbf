import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { CONFIG, type Config } from '../config/config';
import type { Trigger, WebhookParams } from '../domain/action';
import { Metrics } from '../metrics/metrics';
import { TargetRefused } from './ssrf/guarded-connector';

const MAX_ANSWER_BYTES = 64 * 1024;

// Framing belongs to the connection, not to the action.
const RESERVED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'idempotency-key',
  'x-task-id',
  'x-task-trigger',
]);

export interface Call {
  params: WebhookParams;
  /** `Idempotency-Key` of the call. */
  key: string;
  trigger: Trigger;
  /** Absent for `batch_complete`, which then has no handle either. */
  taskId?: string;
}

export interface Answer {
  /** 2xx. */
  ok: boolean;
  /** Absent when there was no answer at all. */
  status?: number;
  /** Why it is not ok, in one sentence that names neither address nor secret. */
  error?: string;
  /** What was answered; undefined when longer than 64 KiB. */
  body?: Buffer;
}

/** Calls webhooks as SPEC.md section 8 says. A call that goes wrong is an answer, not an exception. */
@Injectable()
export class WebhookClient {
  constructor(
    private readonly http: HttpService,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async send(call: Call): Promise<Answer> {
    const begun = performance.now();
    const answer = await this.exchange(call);
    this.metrics.webhooks.attempted(call.trigger, answer, performance.now() - begun);
    return answer;
  }

  private async exchange({ params, key, trigger, taskId }: Call): Promise<Answer> {
    const timeout = this.config.webhookTimeoutSecs * 1000;
    try {
      const { status, data } = await firstValueFrom(
        this.http.request<Buffer | undefined>({
          url: taskId ? this.withHandle(params.url, taskId) : params.url,
          method: params.verb.toUpperCase(),
          headers: headersOf(params, key, trigger, taskId),
          data: params.body === undefined ? undefined : JSON.stringify(params.body),
          timeout,
          maxContentLength: MAX_ANSWER_BYTES,
        }),
      );
      const ok = status >= 200 && status < 300;
      return { ok, status, body: data, ...(ok ? {} : { error: `Webhook answered ${status}` }) };
    } catch (error) {
      return { ok: false, error: describe(error, timeout) };
    }
  }

  private withHandle(url: string, taskId: string): string {
    const target = new URL(url);
    const handle = `handle=${encodeURIComponent(`${this.config.hostUrl}/task/${taskId}`)}`;
    target.search = target.search ? `${target.search}&${handle}` : handle;
    return target.href;
  }
}

function headersOf({ url, headers, body }: WebhookParams, key: string, trigger: Trigger, taskId?: string) {
  const sent: Record<string, string> = {};
  const { username, password } = new URL(url);
  if (username || password) sent.authorization = basic(username, password);
  if (body !== undefined) sent['content-type'] = 'application/json';
  for (const [name, value] of Object.entries(headers ?? {})) {
    const lower = name.toLowerCase();
    if (!RESERVED.has(lower)) sent[lower] = value;
  }
  sent['idempotency-key'] = key;
  sent['x-task-trigger'] = trigger;
  if (taskId) sent['x-task-id'] = taskId;
  return sent;
}

/** Credentials in a URL are sent as every HTTP client sends them. */
function basic(username: string, password: string): string {
  const credentials = [username, password].map(decodeURIComponent).join(':');
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function describe(error: unknown, timeoutMs: number): string {
  if (error instanceof TargetRefused) return error.message;
  const { code, name } = error as { code?: string; name?: string };
  if (code === 'UND_ERR_ABORTED' || name === 'AbortError') return `Webhook did not answer within ${timeoutMs / 1000} s`;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'Webhook could not be reached in time';
  if (code === 'ECONNREFUSED') return 'Webhook refused the connection';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Webhook host was not found';
  return `Webhook call failed${code ? ` (${code})` : ''}`;
}
