import { statement } from '../../database/statement';

/**
 * Records that a replica does not call a host for some ms, and why. The longest cooldown of several replicas stays. A
 * few that have ended are removed, so that the table stays small.
 */
export const coolDown = statement<[host: string, ms: number, reason: string]>(
  'host-cool-down',
  `WITH ended AS (
     DELETE FROM host_cooldown WHERE host IN (
       SELECT host FROM host_cooldown WHERE until < now() AND host <> $1 LIMIT 10 FOR UPDATE SKIP LOCKED)
   )
   INSERT INTO host_cooldown AS c (host, until, reason) VALUES ($1, now() + make_interval(secs => $2 / 1000.0), $3)
   ON CONFLICT (host) DO UPDATE SET until = excluded.until, reason = excluded.reason WHERE c.until < excluded.until`,
);

/** Joins `c`, the cooldown that delays row `o` of the outbox, if there is one. */
export const JOIN_COOLDOWN = `LEFT JOIN host_cooldown c
        ON c.host = o.host AND NOT o.awaiting_start AND c.until > GREATEST(o.next_attempt_at, now())`;

/** The time of the next attempt of such a row, and why it is not sent now. */
export const WAITS_UNTIL = 'GREATEST(o.next_attempt_at, c.until)';
export const WAITS_BECAUSE = 'COALESCE(c.reason, o.last_error)';
