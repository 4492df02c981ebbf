import type { TaskStatus } from '../../domain/task-status';
import type { FieldsRow } from '../sql/apply-reports';

/** A report of a receiver on its task. */
export interface Report {
  id: string;
  /** If absent, only fields change, and the silence clock starts again. */
  ending?: 'succeeded' | 'failed';
  reason?: string;
  new_success?: number;
  new_failures?: number;
  expected_count?: number;
  priority?: number;
  metadata?: unknown;
}

/** Not applied: the task does not exist, or its status accepts no reports. */
export type ReportOutcome = { applied: true } | { applied: false; currentStatus?: TaskStatus };

/** The sum of all reports on one task in a flush. */
export interface FoldedReport {
  id: string;
  fields?: FieldsRow;
  ending?: { ending: 'succeeded' | 'failed'; reason: string | null };
}

/**
 * Folds the reports of a flush by task, with the effect that they would have one by one: later values replace earlier
 * ones, counters add up, and the first result ends the task. Reports after that result are `late`.
 */
export function foldReports(reports: readonly Report[]): { folded: Map<string, FoldedReport>; late: Set<Report> } {
  const folded = new Map<string, FoldedReport>();
  const late = new Set<Report>();
  for (const report of reports) {
    const task = folded.get(report.id) ?? { id: report.id };
    folded.set(report.id, task);
    if (task.ending) {
      late.add(report);
      continue;
    }
    if (!report.ending || hasFields(report)) task.fields = addFields(task.fields, report);
    if (report.ending) task.ending = { ending: report.ending, reason: report.reason ?? null };
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
