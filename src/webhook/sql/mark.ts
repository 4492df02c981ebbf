import { statement } from '../../database/statement';

/** What became of one attempt to deliver a notification. */
export interface Mark {
  key: string;
  /** The attempt it speaks of; an older one says nothing about a newer. */
  attempts: number;
  outcome: 'success' | 'retry' | 'exhausted';
  last_status?: number;
  last_error?: string;
  /** Seconds until the next attempt, for `retry`. */
  delay_secs?: number;
}

/**
 * Marks attempts, a whole set in one statement. What is settled leaves the queue for the history; a delivery counts
 * whichever attempt it was, a failure only if no newer attempt is under way.
 */
export const mark = statement<[marksJson: string]>(
  'outbox-mark',
  `WITH mark AS (
     SELECT * FROM json_to_recordset($1::json) AS m(
       key text, attempts int, outcome text, last_status int, last_error text, delay_secs float8)
   ), retried AS (
     UPDATE outbox o
     SET next_attempt_at = now() + make_interval(secs => m.delay_secs), updated_at = now(),
         last_status = m.last_status, last_error = m.last_error
     FROM mark m WHERE o.key = m.key AND o.attempts = m.attempts AND m.outcome = 'retry'
   ), settled AS (
     DELETE FROM outbox o USING mark m
     WHERE o.key = m.key AND (m.outcome = 'success' OR (m.outcome = 'exhausted' AND o.attempts = m.attempts))
     RETURNING o.*, m.outcome, m.last_status AS status_code, m.last_error AS fault
   )
   INSERT INTO delivery (id, task_id, batch_id, trigger, key, position, url, status, attempts, last_status, last_error,
                         created_at)
   SELECT id, task_id, batch_id,
          CASE notice WHEN 'cancel' THEN 'cancel' WHEN 'complete' THEN 'batch_complete' ELSE 'end' END::delivery_trigger,
          key, position, url, outcome::delivery_status, attempts, status_code, fault, created_at
   FROM settled`,
);
