import { AnswerBody } from './answer-body';
import { ExchangeTimeout, type WebhookResponse } from './exchange';
import { secondsUntil } from './retry-after';
import { TargetRefused } from './ssrf/guarded-connector';

/** What a receiver says about one call of a group: as the answer to a single call, or `refused`. */
export type Entry = Record<string, unknown>;

/** The result of a call: what the receiver answered, or why there is no answer. */
export interface Answer {
  /** 2xx. */
  ok: boolean;
  /** Absent if there was no answer. */
  status?: number;
  /** Why it is not ok, in one sentence without addresses and secrets. */
  error?: string;
  /** True if the action is invalid, so that nothing was sent and no retry can help. */
  uncallable?: boolean;
  /** The wait that `Retry-After` asks for, if it is not ok. */
  retryAfterSecs?: number;
  body?: AnswerBody;
  /** The beginning of the answer, or of what it says about a call of a group, for people to read. */
  excerpt?: string;
  /** How long the request took; absent if nothing was sent. */
  durationMs?: number;
  /** Of a call in a group instead of the body, which is that of the whole group. */
  entries?: readonly Entry[];
}

/** The answer to an action that no request can be made of. */
export const UNCALLABLE: Answer = { ok: false, uncallable: true, error: 'Webhook params are invalid' };

/** Codes of undici for an invalid request; nothing was sent. */
const INVALID = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_URL']);

export function answerOf({ status, headers, body, fault }: WebhookResponse, maxBytes: number): Answer {
  const answer = { status, body: new AnswerBody(body, headers, maxBytes, fault) };
  if (status >= 200 && status < 300) return { ok: true, ...answer };
  const retryAfterSecs = secondsUntil(headers['retry-after'], headers.date);
  return { ok: false, ...answer, retryAfterSecs, error: `Webhook answered ${status}` };
}

/** Returns the answer that stands for a call which failed with an error. */
export function failureOf(error: unknown, timeoutSecs: number): Answer {
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
