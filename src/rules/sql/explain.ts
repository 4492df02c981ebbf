import type { TaskStatus } from '../../domain/task-status';
import { statement } from '../../database/statement';
import { valuesIn } from './values';

/** A task that a key counts. */
export interface HolderRow {
  key: string;
  id: string;
  name: string;
  status: TaskStatus;
}

const holders = (counted: string) => `SELECT k.id AS key, h.* FROM json_to_recordset($1::json) AS k(
     id bigint, kind text, status task_status, names text[], fields jsonb)
   CROSS JOIN LATERAL (
     SELECT t.id, d.name, t.status FROM task t JOIN task_definition d ON d.id = t.id
     CROSS JOIN LATERAL ${valuesIn('d.metadata', 'k.names')} v
     WHERE t.kind = k.kind AND ${counted} AND v.fields = k.fields
     ORDER BY t.created_at, t.id
     LIMIT $2
   ) h`;

/** The tasks that each of these keys counts, the oldest first, for keys that count what is under way. */
export const activeHolders = statement<[keysJson: string, limit: number], HolderRow>(
  'rules-active-holders',
  holders(`(t.status IN ('Claimed', 'Running') OR t.paused_from IN ('Claimed', 'Running'))`),
);

/** The same for keys that count tasks in another state. */
export const otherHolders = statement<[keysJson: string, limit: number], HolderRow>(
  'rules-other-holders',
  holders('t.status = k.status'),
);
