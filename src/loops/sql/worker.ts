import { statement } from '../../database/statement';

/**
 * Records a heartbeat and counts the other replicas seen within the last `$2` seconds. Also removes rows older than a day,
 * as a replica without a fresh row counts as lost anyway.
 *
 * A replica that returns after more than `$2` seconds was cut off from the database, and others may have been cut off with
 * it. For another `$2` seconds it takes no worker for lost, so that all live ones can send a heartbeat first.
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

/** Removes the row of a replica that shuts down and holds no claims. */
export const leave = statement<[worker: string]>('worker-leave', 'DELETE FROM worker WHERE id = $1');

/** Counts the replicas that start tasks and were seen within this many seconds. */
export const starters = statement<[timeoutSecs: number], { starters: number }>(
  'worker-starters',
  `SELECT count(*)::int AS starters FROM worker
   WHERE starts_tasks AND last_seen > now() - make_interval(secs => $1)`,
);
