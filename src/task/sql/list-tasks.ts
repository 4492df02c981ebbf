import { containing } from '../../database/contains';
import { Filter } from '../../database/filter';
import { type Statement, statement } from '../../database/statement';
import { BATCH_STOPPED, NO_CHILD_LEFT, parentDidNotSucceed } from '../../domain/consequence';
import type { TaskStatus } from '../../domain/task-status';
import { timeOf } from '../../http/is-time';
import { isActive } from '../../rules/sql/active';

const ORDERS = {
  '-created_at': 'd.created_at DESC, d.id DESC',
  created_at: 'd.created_at, d.id',
  '-ended_at': 't.ended_at DESC, t.id DESC',
};

export type TaskSort = keyof typeof ORDERS;

/** Orders of the list, each of which an index serves. */
export const TASK_SORTS = Object.keys(ORDERS) as TaskSort[];

export interface TaskFilter {
  name?: string;
  kind?: string;
  status?: readonly TaskStatus[];
  timeout?: number;
  attempt_above?: number;
  delayed?: 'true' | 'false';
  /** Only if the statuses `areFailed`. */
  root_cause?: 'true' | 'false';
  batch_id?: string;
  metadata?: string;
  created_after?: string;
  created_before?: string;
  ended_after?: string;
  ended_before?: string;
  /** `-ended_at` only if the statuses `areFailed`. */
  sort?: TaskSort;
}

/** The predicate of the index on failed tasks. */
const HAS_FAILED = `t.status IN ('Failure', 'Canceled')`;
const REASON = `coalesce(t.failure_reason, '')`;
/** Of a failed task; also the rest of the predicate of the index on root causes. */
const IS_ROOT_CAUSE = `${REASON} NOT IN ('${NO_CHILD_LEFT}', '${BATCH_STOPPED}')
      AND ${REASON} NOT LIKE '${parentDidNotSucceed('_'.repeat(36))}'`;

/** Inclusive to clients, who see milliseconds. */
const UP_TO = `< ?::timestamptz + interval '1 millisecond'`;

/**
 * Builds the query for the ids of one page of tasks. Filters and offset use the indexes of the cold table
 * (`task_definition`); the hot one (`task`) is joined only if a filter needs it.
 */
export function listTasks(
  filter: TaskFilter,
  limit: number,
  offset: number,
): [Statement<unknown[], { id: string }>, unknown[]] {
  const { sort = '-created_at' } = filter;
  const cold = coldConditions(filter);
  const hot = hotConditions(filter, cold);
  const text = `SELECT d.id FROM task_definition d ${hot.isEmpty ? '' : 'JOIN task t ON t.id = d.id'}
     WHERE ${cold.where} AND ${hot.where}
     ORDER BY ${ORDERS[sort]}
     LIMIT ${hot.bind(limit)} OFFSET ${hot.bind(offset)}`;
  return [
    statement<unknown[], { id: string }>(
      `task-list${sort === '-created_at' ? '' : `-by-${sort.replace('-', '')}`}${hot.suffix}`,
      text,
    ),
    hot.values,
  ];
}

function coldConditions({ name, batch_id, metadata, created_after, created_before, ended_before }: TaskFilter): Filter {
  return (
    new Filter()
      .add('name', 'd.name ILIKE ?', name && containing(name))
      .add('batch', 'd.batch_id = ?', batch_id)
      .add('metadata', 'd.metadata @> ?', metadata)
      .add('after', 'd.created_at >= ?', created_after && timeOf(created_after))
      .add('before', `d.created_at ${UP_TO}`, created_before && timeOf(created_before))
      // No task ends before it is created: the scan of the newest begins at that time.
      .add('old', `d.created_at ${UP_TO}`, ended_before && timeOf(ended_before))
  );
}

function hotConditions(
  { kind, status = [], timeout, attempt_above, delayed, root_cause, ended_after, ended_before }: TaskFilter,
  cold: Filter,
): Filter {
  const hot = new Filter(cold)
    .add('kind', 't.kind ILIKE ?', kind && containing(kind))
    .add('status', 't.status = ?', status.length === 1 ? status[0] : undefined)
    .add('statuses', 't.status = ANY (?)', status.length > 1 ? status : undefined)
    .add('timeout', 't.timeout_secs = ?', timeout)
    // The first part is the predicate of the index on retried tasks.
    .add('above', 't.attempt > 1 AND t.attempt > ?', attempt_above)
    // Written so that the index on delayed tasks fits.
    .add('delayed', `t.delayed AND t.status = 'Pending' AND ?`, delayed === 'true' || undefined)
    .add('undelayed', `NOT (t.delayed AND t.status = 'Pending') AND ?`, delayed === 'false' || undefined)
    .add('rootcause', `${IS_ROOT_CAUSE} AND ?`, root_cause === 'true' || undefined)
    .add('consequence', `NOT (${IS_ROOT_CAUSE}) AND ?`, root_cause === 'false' || undefined)
    .add('endedafter', 't.ended_at >= ?', ended_after && timeOf(ended_after))
    .add('endedbefore', `t.ended_at ${UP_TO}`, ended_before && timeOf(ended_before));
  // Active and failed tasks are few, and their indexes serve the query if it repeats the predicate of the index.
  if (areAmong(status, ['Claimed', 'Running'])) hot.add('active', `${isActive('t')} AND ?`, true);
  if (areFailed(status)) hot.add('failed', `${HAS_FAILED} AND ?`, true);
  return hot;
}

/** Returns whether only tasks with a failure or a cancellation are asked for; an index orders them by their end. */
export const areFailed = (status: readonly TaskStatus[] = []): boolean => areAmong(status, ['Failure', 'Canceled']);

const areAmong = (status: readonly TaskStatus[], these: readonly TaskStatus[]): boolean =>
  status.length > 0 && status.every((each) => these.includes(each));
