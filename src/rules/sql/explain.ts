import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';
import { isActive } from './active';
import { valuesIn } from './values';

/** A task that a key counts. */
export interface CountedTaskRow {
  key: string;
  id: string;
  name: string;
  status: TaskStatus;
}

const tasks = (isCounted: string) => `SELECT k.id AS key, h.* FROM json_to_recordset($1::json) AS k(
     id bigint, kind text, status task_status, names text[], fields jsonb)
   CROSS JOIN LATERAL (
     SELECT t.id, d.name, t.status FROM task t JOIN task_definition d ON d.id = t.id
     CROSS JOIN LATERAL ${valuesIn('d.metadata', 'k.names')} v
     WHERE t.kind = k.kind AND ${isCounted} AND v.fields = k.fields
     ORDER BY t.created_at, t.id
     LIMIT $2
   ) h`;

/** Returns the tasks that each key counts, oldest first, for keys that count active tasks. */
export const activeTasks = statement<[keysJson: string, limit: number], CountedTaskRow>(
  'rules-active-tasks',
  tasks(isActive('t')),
);

/** Returns the tasks that each key counts, oldest first, for keys that count another status. */
export const otherTasks = statement<[keysJson: string, limit: number], CountedTaskRow>(
  'rules-other-tasks',
  tasks('t.status = k.status'),
);
