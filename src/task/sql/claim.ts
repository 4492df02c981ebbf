import type { Action } from '../../domain/action';
import { statement } from '../../database/statement';

export interface ClaimedRow {
  id: string;
  batch_id: string;
  kind: string;
  claimed_at: Date;
  start_calls: number;
  on_start: Action;
}

/**
 * Takes the next tasks that may start, in their order, for worker `$2`. Rows that another replica is just taking are
 * skipped, not waited for.
 */
export const claim = statement<[limit: number, worker: string], ClaimedRow>(
  'task-claim',
  `WITH next AS (
     SELECT id FROM task WHERE status = 'Pending'
     ORDER BY priority DESC, created_at, id
     LIMIT $1
     FOR NO KEY UPDATE SKIP LOCKED
   ), claimed AS (
     UPDATE task t
     SET status = 'Claimed', claimed_by = $2, claimed_at = now(), start_calls = t.start_calls + 1, last_updated = now()
     FROM next WHERE t.id = next.id
     RETURNING t.id, t.batch_id, t.kind, t.claimed_at, t.start_calls, t.priority, t.created_at
   )
   SELECT c.id, c.batch_id, c.kind, c.claimed_at, c.start_calls, d.on_start
   FROM claimed c JOIN task_definition d ON d.id = c.id
   ORDER BY c.priority DESC, c.created_at, c.id`,
);

/**
 * Ends claims that nobody works on: those of workers without a sign of life for `$1` seconds, and those of worker `$2`
 * itself that it knows nothing of (`$3` are the ones it does), as when the answer to a claim was lost on the way.
 * A task that is still `Claimed` goes back to the queue; one that ended or was paused meanwhile only loses the claim.
 */
export const dropStaleClaims = statement<
  [timeoutSecs: number, worker: string, inFlight: string[], limit: number],
  { id: string; requeued: boolean }
>(
  'task-drop-stale-claims',
  `WITH stale AS (
     SELECT t.id FROM task t
     WHERE t.claimed_by IS NOT NULL
       AND t.claimed_at < now() - make_interval(secs => $1)
       AND CASE t.claimed_by
             WHEN $2 THEN t.id <> ALL ($3::uuid[])
             ELSE NOT EXISTS (
               SELECT FROM worker w WHERE w.id = t.claimed_by AND w.last_seen > now() - make_interval(secs => $1))
           END
     ORDER BY t.id
     LIMIT $4
     FOR NO KEY UPDATE OF t SKIP LOCKED
   )
   UPDATE task t
   SET claimed_by = NULL, claimed_at = NULL,
       status = CASE WHEN t.status = 'Claimed' THEN 'Pending' ELSE t.status END,
       held_status = CASE WHEN t.held_status = 'Claimed' THEN 'Pending' ELSE t.held_status END,
       last_updated = CASE WHEN t.ended_at IS NULL THEN now() ELSE t.last_updated END
   FROM stale WHERE t.id = stale.id
   RETURNING t.id, t.status = 'Pending' AS requeued`,
);
