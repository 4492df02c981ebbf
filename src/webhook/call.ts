import type { Trigger, WebhookParams } from '../domain/action';
import type { TraceContext } from '../domain/trace-context';
import type { AnswerBody } from './answer-body';

/** A webhook to be called. */
export interface Call {
  params: WebhookParams;
  /** `Idempotency-Key` of the call. */
  key: string;
  trigger: Trigger;
  /** Absent for `batch_complete`, which then has no handle either. */
  taskId?: string;
  /** Of calls with this key, this one included. */
  attempt: number;
  /** What it belongs to. */
  trace: TraceContext | null;
  /** For the whole exchange. */
  timeoutSecs: number;
}

/** What came of it. */
export interface Answer {
  /** 2xx. */
  ok: boolean;
  /** Absent when there was no answer at all. */
  status?: number;
  /** Why it is not ok, in one sentence that names neither address nor secret. */
  error?: string;
  /** True if no request can be made of it, now or later; then none was sent. */
  uncallable?: boolean;
  /** Of a refusal that says when to come again: in so many seconds. */
  retryAfterSecs?: number;
  /** What was answered. */
  body?: AnswerBody;
}
