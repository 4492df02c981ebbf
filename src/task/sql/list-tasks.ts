import { containing } from '../../database/contains';
import { Filter } from '../../database/filter';
import { type Statement, statement } from '../../database/statement';
import type { TaskStatus } from '../../domain/task-status';
import { isActive } from '../../rules/sql/active';

export interface TaskFilter {
  name?: string;
  kind?: string;
  status?: TaskStatus;
  timeout?: number;
  attempt_above?: number;
  delayed?: 'true' | 'false';
  batch_id?: string;
  metadata?: string;
}

/**
 * Builds the query for the ids of one page of tasks, newest first. Filters and offset use the indexes of the cold table
 * (`task_definition`); the hot one (`task`) is joined only if a filter needs it.
 */
export function listTasks(
  { name, kind, status, timeout, attempt_above, delayed, batch_id, metadata }: TaskFilter,
  limit: number,
  offset: number,
): [Statement<unknown[], { id: string }>, unknown[]] {
  const where = new Filter()
    .add('name', 'd.name ILIKE ?', name && containing(name))
    .add('batch', 'd.batch_id = ?', batch_id)
    .add('metadata', 'd.metadata @> ?', metadata)
    .add('kind', 't.kind ILIKE ?', kind && containing(kind))
    .add('status', 't.status = ?', status)
    .add('timeout', 't.timeout_secs = ?', timeout)
    // The first part is the predicate of the index on retried tasks.
    .add('above', 't.attempt > 1 AND t.attempt > ?', attempt_above)
    // Written so that the index on delayed tasks fits.
    .add('delayed', `t.delayed AND t.status = 'Pending' AND ?`, delayed === 'true' || undefined)
    .add('undelayed', `NOT (t.delayed AND t.status = 'Pending') AND ?`, delayed === 'false' || undefined);
  // Active tasks are few, and their index serves the query if it repeats the index's predicate.
  if (status === 'Claimed' || status === 'Running') where.add('active', `${isActive('t')} AND ?`, true);
  const needsHotTable = [kind, status, timeout, attempt_above, delayed].some(
    (filter) => filter !== undefined && filter !== '',
  );
  const text = `SELECT d.id FROM task_definition d ${needsHotTable ? 'JOIN task t ON t.id = d.id' : ''}
     WHERE ${where.where}
     ORDER BY d.created_at DESC, d.id DESC
     LIMIT ${where.bind(limit)} OFFSET ${where.bind(offset)}`;
  return [statement<unknown[], { id: string }>(`task-list${where.suffix}`, text), where.values];
}
