import { statement } from '../../database/statement';

/** One attempt to deliver a notification, with its result. */
export interface AttemptRecord {
  key: string;
  /** Number of the attempt; if a newer one has begun, a failure of this one changes nothing. */
  attempts: number;
  outcome: 'success' | 'retry' | 'exhausted';
  last_status?: number;
  last_error?: string;
  /** Seconds until the next attempt, for `retry`. */
  delay_secs?: number;
}

/**
 * Records a set of attempts. Delivered and exhausted notifications move from the queue to the history. A success counts
 * even if a newer attempt has begun.
 */
export const recordAttempts = statement<[attemptsJson: string]>(
  'outbox-record-attempts',
  `WITH attempt AS (
     SELECT * FROM json_to_recordset($1::json) AS a(
       key text, attempts int, outcome text, last_status int, last_error text, delay_secs float8)
   ), retried AS (
     UPDATE outbox o
     SET next_attempt_at = now() + make_interval(secs => a.delay_secs), updated_at = now(),
         last_status = a.last_status, last_error = a.last_error
     FROM attempt a WHERE o.key = a.key AND o.attempts = a.attempts AND a.outcome = 'retry'
   ), ended AS (
     DELETE FROM outbox o USING attempt a
     WHERE o.key = a.key AND (a.outcome = 'success' OR (a.outcome = 'exhausted' AND o.attempts = a.attempts))
     RETURNING o.*, a.outcome, a.last_status AS status_code, a.last_error AS reason
   )
   INSERT INTO delivery (id, task_id, batch_id, attempt, trigger, key, position, url, status, attempts, last_status, last_error,
                         created_at)
   SELECT id, task_id, batch_id, attempt,
          CASE notice WHEN 'cancel' THEN 'cancel' WHEN 'complete' THEN 'batch_complete' ELSE 'end' END::delivery_trigger,
          key, position, url, outcome::delivery_status, attempts, status_code, reason, created_at
   FROM ended`,
);
