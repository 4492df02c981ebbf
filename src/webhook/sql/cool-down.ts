import { statement } from '../../database/statement';

/**
 * Writes down that a replica sends nothing to a host for so many ms, and why; the longest cooldown stays. A few of those that
 * are over are removed, so that the table does not grow.
 */
export const coolDown = statement<[host: string, ms: number, reason: string]>(
  'host-cool-down',
  `WITH over AS (
     DELETE FROM host_cooldown WHERE host IN (
       SELECT host FROM host_cooldown WHERE until < now() AND host <> $1 LIMIT 10 FOR UPDATE SKIP LOCKED)
   )
   INSERT INTO host_cooldown AS c (host, until, reason) VALUES ($1, now() + make_interval(secs => $2 / 1000.0), $3)
   ON CONFLICT (host) DO UPDATE SET until = excluded.until, reason = excluded.reason WHERE c.until < excluded.until`,
);

/** Joins `c`, the cooldown that a row `o` of the outbox waits for, if it does. */
export const JOIN_COOLDOWN = `LEFT JOIN host_cooldown c
        ON c.host = o.host AND NOT o.awaiting_start AND c.until > GREATEST(o.next_attempt_at, now())`;

/** When such a row is to be sent, and why not now. */
export const WAITS_UNTIL = 'GREATEST(o.next_attempt_at, c.until)';
export const WAITS_BECAUSE = 'COALESCE(c.reason, o.last_error)';
