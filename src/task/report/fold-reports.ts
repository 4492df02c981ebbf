import type { TaskStatus } from '../../domain/task-status';
import type { FieldsRow } from '../sql/apply-reports';

/** What a receiver says about its task. */
export interface Report {
  id: string;
  /** Absent: only the fields change, and the task is known to be alive. */
  ending?: 'succeeded' | 'failed';
  reason?: string;
  new_success?: number;
  new_failures?: number;
  expected_count?: number;
  priority?: number;
  metadata?: unknown;
}

/** Zero rows is an outcome, not an exception: the task was not there, or not in a state that takes reports. */
export type ReportOutcome = { applied: true } | { applied: false; currentStatus?: TaskStatus };

/** All reports of one task in one flush, in the order in which they came. */
export interface FoldedReport {
  id: string;
  fields?: FieldsRow;
  ending?: { ending: 'succeeded' | 'failed'; reason: string | null };
}

/**
 * Adds up the reports of a flush by task, as if they had come one by one: later values replace earlier ones, counters
 * add up, and the first result ends it — what comes after that is late.
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
