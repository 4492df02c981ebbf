import type { Action } from '../../domain/action';
import { statement } from '../../database/statement';
import { ACTION_OF, JOIN_ACTION, NOTICE_OF_DELIVERY } from './action-of';
import { type DeliveryRow, HISTORY, QUEUE, STARTS } from './delivery-sources';
import type { LoggedAttempt } from './record-attempts';

export const WAITS = ['in_flight', 'start_result', 'cooldown', 'backoff', 'slot'] as const;
/** What the next attempt waits for. */
export type Wait = (typeof WAITS)[number];

/** A delivery with what only its own page needs. */
export interface DeliveryDetailRow extends DeliveryRow {
  last_duration_ms: number | null;
  last_answer: string | null;
  attempt_log: LoggedAttempt[] | null;
  waits_for: Wait | null;
  /** Null if its task has been removed. */
  action: Action | null;
}

const ENDED = `SELECT ${HISTORY.columns}, v.attempt, ${NOTICE_OF_DELIVERY} AS notice, v.position, v.last_duration_ms,
            v.last_answer, v.attempt_log, NULL AS waits_for
     FROM ${HISTORY.from}`;

/**
 * Reads a delivery. The id of a start call in flight is that of its task; afterwards, it finds the last start call of the
 * task. The queue comes last: it has no index on ids, as each notification would have to write it.
 *
 * An attempt has begun since the last one was recorded, unless the row was last changed by that record. Previous versions
 * keep no log.
 */
export const readDelivery = statement<[id: string], DeliveryDetailRow>(
  'delivery-read',
  `WITH found AS (
     (${ENDED} WHERE v.id = $1)
     UNION ALL
     (SELECT ${STARTS.columns}, t.attempt, 'start' AS notice, 0 AS position, NULL::int, NULL, NULL::jsonb, 'in_flight'
      FROM ${STARTS.from} WHERE t.id = $1 AND t.claimed_by IS NOT NULL)
     UNION ALL
     (${ENDED} WHERE v.task_id = $1 AND v.trigger = 'start'
        AND NOT EXISTS (SELECT FROM task t WHERE t.id = $1 AND t.claimed_by IS NOT NULL)
      ORDER BY v.updated_at DESC LIMIT 1)
     UNION ALL
     (SELECT ${QUEUE.columns}, o.attempt, o.notice::text, o.position, NULL, NULL, o.attempt_log,
             CASE WHEN o.awaiting_start THEN 'start_result'
                  WHEN c.until IS NOT NULL THEN 'cooldown'
                  WHEN o.next_attempt_at <= now() THEN 'slot'
                  WHEN (o.attempt_log -> -1 ->> 'ended_at')::timestamptz = o.updated_at THEN 'backoff'
                  WHEN o.attempt_log IS NULL AND o.last_error IS NOT NULL THEN 'backoff'
                  ELSE 'in_flight' END
      FROM ${QUEUE.from} WHERE o.id = $1)
     LIMIT 1
   )
   SELECT n.*, CASE n.trigger WHEN 'start' THEN d.on_start ELSE ${ACTION_OF} END AS action
   FROM found n ${JOIN_ACTION}`,
);
