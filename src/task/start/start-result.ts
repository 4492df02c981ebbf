import type { Action } from '../../domain/action';
import type { TraceContext } from '../../domain/trace-context';
import type { Report } from '../report/fold-reports';

/**
 * Returns the reason of a task whose start call went wrong. Alerts of ArcRun's users match on how it begins.
 * @param error a sentence about the webhook
 */
export const refusalReason = (error = ''): string => `on_start webhook failed: ${error.replace(/^Webhook /, '')}`;

/** How a start call went. */
export interface StartResult {
  id: string;
  batchId: string;
  url: string;
  trace: TraceContext | null;
  /** When the call was claimed, as PostgreSQL writes it. */
  claimedAt: string;
  /** Calls made for this start, this one included. */
  calls: number;
  /** 2xx: the receiver took the work. */
  ok: boolean;
  status?: number;
  error?: string;
  /** Nothing was sent this time: the call had succeeded before, and that is on record. */
  known: boolean;
  /** What to call if the task is canceled. */
  onCancel: Action[];
  /** The receiver has done the work already, and says so in its answer. */
  result?: Report;
}
