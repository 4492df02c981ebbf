import type { Trigger, WebhookParams } from '../domain/action';
import type { TraceContext } from '../domain/trace-context';

/** A call of a webhook. */
export interface Call {
  params: WebhookParams;
  /** Its `Idempotency-Key`. */
  key: string;
  trigger: Trigger;
  /** Absent for `batch_complete`, which has no handle either. */
  taskId?: string;
  batchId: string;
  /** The attempt at the task. */
  attempt: number;
  /** Number of the call among those with this key, from 1. */
  tries: number;
  /** Trace of the request that created the task or batch. */
  trace: TraceContext | null;
  /** Limit for the whole exchange. */
  timeoutSecs: number;
}
