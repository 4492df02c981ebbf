import type { Action } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import type { Report } from '../report/fold-reports';

/**
 * Returns the failure reason of a task whose start call failed. Alerts of ArcRun's users match its beginning.
 * @param error a sentence about the webhook
 */
export const refusalReason = (error = ''): string => `on_start webhook failed: ${error.replace(/^Webhook /, '')}`;

/** The result of a start call. */
export interface StartResult {
  id: string;
  batchId: string;
  /** The attempt that was started. */
  attempt: number;
  url: string;
  trace: TraceContext | null;
  /** When the task was claimed, as PostgreSQL writes it. */
  claimedAt: string;
  /** Start calls of the task, this one included. */
  calls: number;
  /** 2xx: the receiver accepted the work. */
  ok: boolean;
  status?: number;
  error?: string;
  /** How long the call took. */
  durationMs?: number;
  /** The beginning of the answer. */
  excerpt?: string;
  /** The receiver asks for no other attempt: 410. */
  isGone: boolean;
  /** The pause before the next attempt that it asks for: `Retry-After` of a 429 or 503. */
  retryAfterSecs?: number;
  /** No call was made, because an earlier one had succeeded and is recorded. */
  alreadyRecorded: boolean;
  /** Actions to call if the task is canceled. */
  onCancel: Action[];
  /** The task's result, if the receiver answered with it. */
  result?: Report;
}
