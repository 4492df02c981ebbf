import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';
import { isActive, isInStatus } from './active';
import { valuesIn } from './values';

/** A task that a key counts. */
export interface CountedTaskRow {
  id: string;
  name: string;
  status: TaskStatus;
}

const tasks = (isCounted: string) => `SELECT t.id, d.name, t.status
   FROM json_to_record($1::json) AS k(kind text, status task_status, names text[], fields jsonb)
   JOIN task t ON ${isCounted}
   JOIN task_definition d ON d.id = t.id
   CROSS JOIN LATERAL ${valuesIn('d.metadata', 'k.names')} v
   WHERE v.fields = k.fields
   ORDER BY t.created_at, t.id
   LIMIT $2`;

/** Returns the tasks that a key counts, oldest first, for a key that counts active tasks. */
export const activeTasks = statement<[keyJson: string, limit: number], CountedTaskRow>(
  'rules-active-tasks',
  tasks(`t.kind = k.kind AND ${isActive('t')}`),
);

/** Returns the tasks that a key counts, oldest first, for a key that counts another status. */
export const otherTasks = statement<[keyJson: string, limit: number], CountedTaskRow>(
  'rules-other-tasks',
  tasks(isInStatus('t', 'k')),
);
