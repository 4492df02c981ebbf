import { Filter } from '../../database/filter';
import { type Statement, statement } from '../../database/statement';
import type { Audited } from '../actions';

export interface EntryRow {
  /** A bigint, which pg returns as text. */
  id: string;
  at: Date;
  actor: string | null;
  action: Audited;
  batch_id: string | null;
  task_id: string | null;
  schedule: string | null;
  details: Record<string, unknown> | null;
}

export interface EntryFilter {
  actor?: string;
  action?: Audited;
  batch_id?: string;
  task_id?: string;
  schedule?: string;
}

/** Builds the query for one page of entries, newest first. */
export function listEntries(
  { actor, action, batch_id, task_id, schedule }: EntryFilter,
  limit: number,
  offset: number,
): [Statement<unknown[], EntryRow>, unknown[]] {
  const filter = new Filter()
    .add('actor', 'actor = ?', actor)
    .add('action', 'action = ?', action)
    .add('batch', 'batch_id = ?', batch_id)
    .add('task', 'task_id = ?', task_id)
    .add('schedule', 'schedule = ?', schedule);
  const text = `SELECT id, at, actor, action, batch_id, task_id, schedule, details FROM audit_log
   WHERE ${filter.where}
   ORDER BY id DESC
   LIMIT ${filter.bind(limit)} OFFSET ${filter.bind(offset)}`;
  return [statement<unknown[], EntryRow>(`audit-list${filter.suffix}`, text), filter.values];
}
