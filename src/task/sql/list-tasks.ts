import { Filter } from '../../database/filter';
import { type Statement, statement } from '../../database/statement';
import type { TaskStatus } from '../../domain/task-status';
import { containing } from '../../database/contains';

export interface TaskFilter {
  name?: string;
  kind?: string;
  status?: TaskStatus;
  timeout?: number;
  batch_id?: string;
  metadata?: string;
}

const UNDER_WAY = `(t.status IN ('Claimed', 'Running') OR t.paused_from IN ('Claimed', 'Running'))`;

/**
 * The ids of one page of tasks, newest first. What is written once is filtered and skipped on the cold table alone,
 * from its indexes; the hot table is only looked at where a filter is about it.
 */
export function listTasks(
  { name, kind, status, timeout, batch_id, metadata }: TaskFilter,
  limit: number,
  offset: number,
): [Statement<unknown[], { id: string }>, unknown[]] {
  const where = new Filter()
    .add('name', 'd.name ILIKE ?', name && containing(name))
    .add('batch', 'd.batch_id = ?', batch_id)
    .add('metadata', 'd.metadata @> ?', metadata)
    .add('kind', 't.kind ILIKE ?', kind && containing(kind))
    .add('status', 't.status = ?', status)
    .add('timeout', 't.timeout_secs = ?', timeout);
  // Few are under way, and an index has just those, if the query says what the index says.
  if (status === 'Claimed' || status === 'Running') where.add('under-way', `${UNDER_WAY} AND ?`, true);
  const aboutHot = [kind, status, timeout].some((filter) => filter !== undefined && filter !== '');
  const text = `SELECT d.id FROM task_definition d ${aboutHot ? 'JOIN task t ON t.id = d.id' : ''}
     WHERE ${where.where}
     ORDER BY d.created_at DESC, d.id DESC
     LIMIT ${where.bind(limit)} OFFSET ${where.bind(offset)}`;
  return [statement<unknown[], { id: string }>(`task-list${where.suffix}`, text), where.values];
}
