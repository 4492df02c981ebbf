import { statement } from '../../database/statement';
import { triggerOf } from './action-of';

/** One attempt to deliver a notification, with its result. */
export interface AttemptRecord {
  key: string;
  /** Number of the attempt; if a newer one has begun, a failure of this one changes nothing. */
  attempts: number;
  outcome: 'success' | 'retry' | 'exhausted';
  last_status?: number;
  last_error?: string;
  /** How long the request took. */
  duration_ms?: number;
  /** The beginning of the answer. */
  answered?: string;
  /** Seconds until the next attempt, for `retry`. */
  delay_secs?: number;
}

/** An attempt in the log of a delivery. */
export interface LoggedAttempt {
  attempt: number;
  /** When it was recorded: `updated_at` of the delivery, until the next attempt begins. */
  ended_at: string;
  duration_ms: number | null;
  status: number | null;
  error: string | null;
  answer: string | null;
}

const MAX_LOGGED = 20;

/** SQL: the log of notification `o` with attempt `a`, which failed, at its end; the oldest ones give way. */
const LOG_WITH_ATTEMPT = `CASE WHEN jsonb_array_length(o.attempt_log) >= ${MAX_LOGGED} THEN o.attempt_log - 0
              ELSE COALESCE(o.attempt_log, '[]') END || jsonb_build_array(jsonb_build_object(
              'attempt', a.attempts, 'ended_at', now(), 'duration_ms', a.duration_ms, 'status', a.last_status,
              'error', a.last_error, 'answer', a.answered))`;

/**
 * Records a set of attempts. Delivered and exhausted notifications move from the queue to the history. A success counts
 * even if a newer attempt has begun.
 */
export const recordAttempts = statement<[attemptsJson: string]>(
  'outbox-record-attempts',
  `WITH attempt AS (
     SELECT * FROM json_to_recordset($1::json) AS a(
       key text, attempts int, outcome text, last_status int, last_error text, delay_secs float8, duration_ms int,
       answered text)
   ), retried AS (
     UPDATE outbox o
     SET next_attempt_at = now() + make_interval(secs => a.delay_secs), updated_at = now(),
         last_status = a.last_status, last_error = a.last_error,
         attempt_log = ${LOG_WITH_ATTEMPT}
     FROM attempt a WHERE o.key = a.key AND o.attempts = a.attempts AND a.outcome = 'retry'
   ), ended AS (
     DELETE FROM outbox o USING attempt a
     WHERE o.key = a.key AND (a.outcome = 'success' OR (a.outcome = 'exhausted' AND o.attempts = a.attempts))
     RETURNING o.*, a.outcome, a.last_status AS status_code, a.last_error AS reason,
               CASE a.outcome WHEN 'success' THEN a.duration_ms END AS duration_ms,
               CASE a.outcome WHEN 'success' THEN a.answered END AS answered,
               CASE a.outcome WHEN 'success' THEN o.attempt_log ELSE ${LOG_WITH_ATTEMPT} END AS log
   )
   INSERT INTO delivery (id, task_id, batch_id, attempt, trigger, key, position, url, status, attempts, last_status, last_error,
                         last_duration_ms, last_answer, attempt_log, created_at)
   SELECT id, task_id, batch_id, attempt,
          (${triggerOf('notice')})::delivery_trigger,
          key, position, url, outcome::delivery_status, attempts, status_code, reason, duration_ms, answered, log, created_at
   FROM ended`,
);
