import type { Service } from './service';

// Open parents of tasks that have not started, recounted. A required parent without success counts too: its cascade is missing.
const MISCOUNTED = `
  SELECT t.id, t.status, t.paused_from, t.open_parents, count(l.parent_id)::int AS outstanding
  FROM task t LEFT JOIN (
    link l JOIN task p ON p.id = l.parent_id
      AND (p.ended_at IS NULL OR (l.requires_success AND p.status <> 'Success'))
  ) ON l.child_id = t.id
  WHERE COALESCE(t.paused_from, t.status) IN ('Waiting', 'Pending')
  GROUP BY t.id
  HAVING t.open_parents <> count(l.parent_id)
    OR (t.open_parents > 0) <> (COALESCE(t.paused_from, t.status) = 'Waiting')`;

const NEGATIVE =
  'SELECT id, open_parents, success, failures FROM task WHERE LEAST(open_parents, success, failures) < 0';

const NOT_CASCADED = `
  SELECT t.id, t.status FROM task t JOIN link l ON l.child_id = t.id JOIN task p ON p.id = l.parent_id
  WHERE t.ended_at IS NULL AND l.requires_success AND p.ended_at IS NOT NULL AND p.status <> 'Success'`;

// Only a barrier that is itself a dead end protects its parents. A rerun may be wanted although all children have ended.
const LEFT_DEAD_ENDS = `
  SELECT p.id, p.status FROM task p
  WHERE p.ended_at IS NULL AND p.attempt = 1 AND EXISTS (SELECT FROM link l WHERE l.parent_id = p.id)
    AND NOT EXISTS (
      SELECT FROM link l JOIN task c ON c.id = l.child_id
      WHERE l.parent_id = p.id AND (c.ended_at IS NULL OR c.dead_end_barrier AND c.status = 'Canceled'))`;

const MISCOUNTED_BATCHES = `
  SELECT b.id, b.open_tasks, count(t.id)::int AS unfinished, b.completed
  FROM batch b LEFT JOIN task t ON t.batch_id = b.id AND t.ended_at IS NULL
  WHERE b.on_complete IS NOT NULL
  GROUP BY b.id
  HAVING b.open_tasks <> count(t.id) OR (b.completed = 0 AND count(t.id) = 0)`;

// Every attempt before the current one is on record, once.
const MISCOUNTED_ATTEMPTS = `
  SELECT t.id, t.attempt, array_agg(a.attempt ORDER BY a.attempt) AS over
  FROM task t LEFT JOIN task_attempt a ON a.task_id = t.id
  GROUP BY t.id
  HAVING count(a.attempt) <> t.attempt - 1 OR min(a.attempt) < 1 OR max(a.attempt) >= t.attempt`;

/** Tasks that depend on themselves. UNION ends the search even then. For small graphs, as it pairs all ancestors and descendants. */
export const CYCLES = `
  WITH RECURSIVE below AS (
    SELECT parent_id, child_id FROM link
    UNION
    SELECT b.parent_id, l.child_id FROM below b JOIN link l ON l.parent_id = b.child_id
  )
  SELECT parent_id FROM below WHERE parent_id = child_id`;

/** Orphaned rows, which no foreign key forbids. */
export const ORPHANS = `
  SELECT COALESCE(t.id, d.id) AS id, 'task' AS what FROM task t FULL JOIN task_definition d ON d.id = t.id
  LEFT JOIN batch b ON b.id = t.batch_id WHERE t.id IS NULL OR d.id IS NULL OR b.id IS NULL
  UNION ALL
  SELECT l.child_id, 'link' FROM link l LEFT JOIN task p ON p.id = l.parent_id LEFT JOIN task c ON c.id = l.child_id
  WHERE p.id IS NULL OR c.id IS NULL
  UNION ALL
  SELECT a.task_id, 'attempt' FROM task_attempt a LEFT JOIN task t ON t.id = a.task_id WHERE t.id IS NULL
  UNION ALL
  SELECT c.batch_id, 'completion' FROM batch_completion c LEFT JOIN batch b ON b.id = c.batch_id WHERE b.id IS NULL
  UNION ALL
  SELECT v.id, 'delivery' FROM delivery v LEFT JOIN batch b ON b.id = v.batch_id WHERE b.id IS NULL`;

/**
 * Asserts for the whole database that counters and statuses agree with tasks and links.
 * @param deadEnds whether the service cancels dead ends.
 */
export async function recount(service: Pick<Service, 'query'>, { deadEnds = true } = {}): Promise<void> {
  expect(await service.query(NEGATIVE)).toEqual([]);
  expect(await service.query(MISCOUNTED)).toEqual([]);
  expect(await service.query(NOT_CASCADED)).toEqual([]);
  expect(await service.query(MISCOUNTED_BATCHES)).toEqual([]);
  expect(await service.query(MISCOUNTED_ATTEMPTS)).toEqual([]);
  expect(await service.query(ORPHANS)).toEqual([]);
  if (deadEnds) expect(await service.query(LEFT_DEAD_ENDS)).toEqual([]);
}
