import { COUNTED_AT_MOST } from '../../metrics/sampling';
import type { OutboxSample } from '../../metrics/webhook-metrics';
import { statement } from '../../database/statement';

/** Counts queued notifications, each kind up to a limit, so that the cost does not grow with the queue. */
export const sampleOutbox = statement<[], OutboxSample>(
  'outbox-sample',
  `SELECT
     (SELECT count(*)::int FROM (
        SELECT FROM outbox WHERE NOT awaiting_start AND next_attempt_at <= now() LIMIT ${COUNTED_AT_MOST}) d) AS due,
     (SELECT count(*)::int FROM (
        SELECT FROM outbox WHERE NOT awaiting_start AND next_attempt_at > now() LIMIT ${COUNTED_AT_MOST}) l) AS later,
     (SELECT count(*)::int FROM (SELECT FROM outbox WHERE awaiting_start LIMIT ${COUNTED_AT_MOST}) a) AS awaiting_start,
     COALESCE((
       SELECT GREATEST(extract(epoch FROM now() - min(next_attempt_at)), 0) FROM outbox WHERE NOT awaiting_start
     ), 0)::float8 AS oldest_due_age_secs`,
);
