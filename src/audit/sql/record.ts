import { statement } from '../../database/statement';
import type { Audited } from '../actions';

/** Records an action. */
export const recordEntry = statement<
  [
    actor: string | null,
    action: Audited,
    batch: string | null,
    task: string | null,
    schedule: string | null,
    details: string | null,
  ]
>(
  'audit-record',
  'INSERT INTO audit_log (actor, action, batch_id, task_id, schedule, details) VALUES ($1, $2, $3, $4, $5, $6)',
);
