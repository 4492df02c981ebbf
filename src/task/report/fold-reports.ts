import type { TaskEnding } from '../finish/finish';
import type { FieldsRow } from '../sql/apply-reports';
import { attemptKey } from './outcome';

/** A report of a receiver on its task. */
export interface Report {
  id: string;
  /** The attempt that it is about. */
  attempt: number;
  /** If absent, only fields change, and the silence clock starts again. */
  ending?: 'succeeded' | 'failed';
  reason?: string;
  /** Any JSON that the receiver returns. */
  result?: unknown;
  /** False if no other attempt may follow a failure. */
  retry?: boolean;
  /** The pause before the next attempt that the receiver asks for. */
  retry_after_secs?: number;
  new_success?: number;
  new_failures?: number;
  expected_count?: number;
  priority?: number;
  metadata?: unknown;
}

/** The sum of all reports on one attempt in a flush. */
export interface FoldedReport {
  id: string;
  attempt: number;
  fields?: FieldsRow;
  ending?: Pick<TaskEnding, 'reason' | 'retry' | 'retryDelaySecs'> & { ending: 'succeeded' | 'failed' };
  result?: unknown;
}

/**
 * Folds the reports of a flush by attempt, with the effect that they would have one by one: later values replace earlier
 * ones, counters add up, and the first result ends the attempt. Reports after that result are `late`.
 */
export function foldReports(reports: readonly Report[]): { folded: Map<string, FoldedReport>; late: Set<Report> } {
  const folded = new Map<string, FoldedReport>();
  const late = new Set<Report>();
  for (const report of reports) {
    const { id, attempt, ending, reason = null, retry, retry_after_secs: retryDelaySecs } = report;
    const key = attemptKey(report);
    const sum = folded.get(key) ?? { id, attempt };
    folded.set(key, sum);
    if (sum.ending) {
      late.add(report);
      continue;
    }
    if (!ending || hasFields(report)) sum.fields = addFields(sum.fields, report);
    if (!ending) continue;
    sum.ending = { ending, reason, retry, retryDelaySecs };
    sum.result = report.result;
  }
  return { folded, late };
}

const hasFields = ({ new_success, new_failures, expected_count, priority, metadata }: Report) =>
  (new_success ?? new_failures ?? expected_count ?? priority ?? metadata) !== undefined;

function addFields(before: FieldsRow | undefined, report: Report): FieldsRow {
  return {
    id: report.id,
    new_success: (before?.new_success ?? 0) + (report.new_success ?? 0),
    new_failures: (before?.new_failures ?? 0) + (report.new_failures ?? 0),
    expected_count: report.expected_count ?? before?.expected_count,
    priority: report.priority ?? before?.priority,
    metadata: report.metadata === undefined ? before?.metadata : report.metadata,
  };
}
