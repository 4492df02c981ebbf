import { statement } from '../../database/statement';

/**
 * A sign of life, and the number of other replicas seen within the last `$2` seconds. Rows of replicas that are long
 * gone are removed on the way: whoever has no fresh row counts as dead in any case.
 *
 * A replica that comes back after so long was cut off from the database, and others may have been cut off with it: for
 * another `$2` seconds it judges nobody dead, so that all who live can say so first.
 */
export const beat = statement<[worker: string, timeoutSecs: number, startsTasks: boolean], { others: number }>(
  'worker-beat',
  `WITH mine AS (
     INSERT INTO worker (id, starts_tasks) VALUES ($1, $3) ON CONFLICT (id) DO UPDATE SET
       last_seen = now(),
       judges_from = CASE
         WHEN worker.last_seen > now() - make_interval(secs => $2) THEN worker.judges_from
         ELSE now() + make_interval(secs => $2)
       END
   ), gone AS (
     DELETE FROM worker WHERE id <> $1 AND last_seen < now() - interval '1 day'
   )
   SELECT count(*)::int AS others FROM worker
   WHERE id <> $1 AND last_seen > now() - make_interval(secs => $2)`,
);

/** A replica that leaves in good order says so; it holds no claims any more. */
export const leave = statement<[worker: string]>('worker-leave', 'DELETE FROM worker WHERE id = $1');

/** Replicas that start tasks and were seen within so many seconds. */
export const starters = statement<[timeoutSecs: number], { starters: number }>(
  'worker-starters',
  `SELECT count(*)::int AS starters FROM worker
   WHERE starts_tasks AND last_seen > now() - make_interval(secs => $1)`,
);
