import { statement } from '../../database/statement';

/** Limit of the results in one context, in bytes of JSON. */
const MAX_RESULTS_BYTES = 1024 * 1024;
/** Characters of a parent's failure reason: a thousand parents may have one, each of 65,536 characters. */
const MAX_REASON_LENGTH = 1000;

const parent = (result: string) => `json_build_object(
              'id', p.id, 'name', p.name, 'kind', p.kind, 'status', p.status,
              'failure_reason', left(p.failure_reason, ${MAX_REASON_LENGTH}), ${result})`;

const task = (result = '') => `json_build_object(
            'id', t.id, 'local_id', d.local_id, 'batch_id', t.batch_id, 'name', d.name, 'kind', t.kind,
            'attempt', c.attempt, 'metadata', d.metadata${result})`;

/**
 * Reads the contexts of calls: the task and its parents. PostgreSQL writes the JSON, so numbers keep every digit.
 * - `$3`: the number of the start call; null for notifications, which include the task's own result. That of an attempt that
 *   is over is in the history.
 * - Worker `$4` gets no context for a start call whose claim it has lost: another replica may have made the call.
 * - A local id belongs to the oldest of several parents that have it. The keys of the others, and of those without one, are their ids.
 */
export const callContexts = statement<
  [taskIds: string[], attempts: number[], startCalls: (number | null)[], worker: string],
  { position: number; context: string }
>(
  'webhook-call-contexts',
  `SELECT c.position::int, json_build_object(
          'task', CASE WHEN c.start_calls IS NULL THEN ${task(`, 'result', own.result`)} ELSE ${task()} END,
          'parents', COALESCE(parents.json, '{}'))::text AS context
   FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY AS c(task_id, attempt, start_calls, position)
   JOIN task t ON t.id = c.task_id
   JOIN task_definition d ON d.id = t.id
   CROSS JOIN LATERAL (
     SELECT CASE
              WHEN c.start_calls IS NOT NULL THEN NULL
              WHEN c.attempt = t.attempt THEN d.result
              ELSE (SELECT a.result FROM task_attempt a WHERE a.task_id = t.id AND a.attempt = c.attempt)
            END AS result
   ) own
   CROSS JOIN LATERAL (
     SELECT json_object_agg(
              COALESCE(CASE WHEN p.rank = 1 THEN p.local_id END, p.id::text),
              CASE WHEN p.results_bytes > ${MAX_RESULTS_BYTES} AND p.result IS NOT NULL
                THEN ${parent(`'result_omitted', true`)}
                ELSE ${parent(`'result', p.result`)} END
              ORDER BY p.created_at, p.id) AS json
     FROM (
       SELECT p.id, p.created_at, p.kind, p.status, p.failure_reason, f.name, f.local_id, f.result,
              row_number() OVER (PARTITION BY f.local_id ORDER BY p.created_at, p.id) AS rank,
              COALESCE(octet_length(own.result::text), 0)
                + sum(COALESCE(octet_length(f.result::text), 0)) OVER (ORDER BY p.created_at, p.id) AS results_bytes
       FROM link l JOIN task p ON p.id = l.parent_id JOIN task_definition f ON f.id = p.id
       WHERE l.child_id = t.id
     ) p
   ) parents
   WHERE c.start_calls IS NULL OR (t.claimed_by, t.attempt, t.start_calls) = ($4, c.attempt, c.start_calls)`,
);
