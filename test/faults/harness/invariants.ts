import { RECORD_CHANGED_ENDS } from '../../property/watch';
import { execute } from '../../support/postgres';
import { recount } from '../../support/recount';
import { overlaps } from './overlaps';
import type { Ledger, LedgerCall, Outside } from './outside';

/** Access to the database of a scenario. */
export interface Database {
  query<Row = any>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** Everything that a scenario is judged by. */
export interface Evidence {
  database: Database;
  ledger: Ledger;
  outside: Outside;
  /** Tasks whose creation was acknowledged. */
  acknowledged: readonly string[];
  /** When replicas were killed. */
  kills: readonly number[];
}

// Whether a cancellation calls actions depends on the status that it met.
const RECORD_ENDS = `
  CREATE TABLE end_met (id uuid, status text, paused_from text);
  CREATE FUNCTION record_end() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO end_met VALUES (OLD.id, OLD.status, OLD.paused_from);
      RETURN NULL;
    END $$;
  CREATE TRIGGER record_ends AFTER UPDATE ON task FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION record_end()`;

/** Makes the database record what the invariants need. */
export const audit = (url: string): Promise<void> => execute(url, RECORD_CHANGED_ENDS, RECORD_ENDS);

const UNFINISHED = `
  SELECT id, status::text FROM task WHERE ended_at IS NULL OR claimed_by IS NOT NULL
  UNION ALL SELECT id, 'queued ' || key FROM outbox`;

/** Returns everything that is still about to change; empty at rest. */
export const unfinished = (database: Database): Promise<{ id: string; status: string }[]> => database.query(UNFINISHED);

/** Returns the violations of the six invariants, one sentence each. */
export async function violations(evidence: Evidence): Promise<string[]> {
  const { ledger } = evidence;
  return [
    ...ledger.faults,
    ...(await unended(evidence)),
    ...(await undelivered(evidence)),
    ...(await changedEnds(evidence)),
    ...(await exceededLimits(evidence)),
    ...(await miscounted(evidence)),
    ...(await lostIncrements(evidence)),
  ];
}

/** I1: every acknowledged task exists, and all tasks have ended. */
async function unended({ database, acknowledged }: Evidence): Promise<string[]> {
  const lost = await database.query<{ id: string }>(
    'SELECT a.id FROM unnest($1::uuid[]) AS a (id) WHERE NOT EXISTS (SELECT FROM task t WHERE t.id = a.id)',
    [acknowledged],
  );
  const open = await database.query<{ id: string; status: string }>(
    'SELECT id, status FROM task WHERE ended_at IS NULL',
  );
  return [
    ...lost.map(({ id }) => `I1: ${id} was acknowledged, but does not exist`),
    ...open.map(({ id, status }) => `I1: ${id} is still ${status}`),
  ];
}

const DUE = `
  WITH ended AS (
    SELECT t.id, t.status, t.failure_reason, d.on_success, d.on_failure, d.on_cancel, COALESCE(m.paused_from, m.status) AS met
    FROM task t JOIN task_definition d ON d.id = t.id JOIN end_met m ON m.id = t.id
  ), due AS (
    SELECT id || ':end:success' AS event, on_success AS actions FROM ended WHERE status = 'Success'
    UNION ALL
    SELECT id || ':end:failure', on_failure FROM ended
    WHERE status = 'Failure' OR (status = 'Canceled' AND failure_reason = 'All child tasks already terminated')
    UNION ALL
    SELECT id || ':cancel', on_cancel FROM ended WHERE status = 'Canceled' AND met IN ('Claimed', 'Running')
    UNION ALL
    SELECT 'batch:' || id || ':complete', on_complete FROM batch
  )
  SELECT event || CASE n WHEN 1 THEN '' ELSE ':' || n - 1 END AS key, action -> 'params' ->> 'url' AS url
  FROM due CROSS JOIN LATERAL json_array_elements(actions) WITH ORDINALITY AS a (action, n)`;

const wasAccepted = ({ status }: LedgerCall) => status !== undefined && status >= 200 && status < 300;

/** I2: every due notification was delivered under its key, and nothing came under any other. */
async function undelivered({ database, ledger, outside }: Evidence): Promise<string[]> {
  const due = await database.query<{ key: string; url: string }>(DUE);
  const delivered = new Set(ledger.calls.filter(wasAccepted).map(({ key }) => key));
  const deliveries = await database.query<{ key: string; status: string }>('SELECT key, status FROM delivery');
  const recorded = new Map(deliveries.map(({ key, status }) => [key, status]));
  const queued = await database.query<{ key: string }>('SELECT key FROM outbox');
  const known = new Set(due.map(({ key }) => key));
  const isStable = ({ key, task }: LedgerCall) => known.has(key) || key === `${task}:start`;
  // Notifications to hostile hosts may be exhausted, which must be recorded.
  const isDone = ({ key, url }: { key: string; url: string }) =>
    outside.hostOf(url) === 'fine'
      ? delivered.has(key) && recorded.get(key) === 'success'
      : ['success', 'exhausted'].includes(recorded.get(key) ?? '');
  return [
    ...due.filter((each) => !isDone(each)).map(({ key }) => `I2: ${key} was not delivered (${recorded.get(key)})`),
    ...queued.map(({ key }) => `I2: ${key} is still queued`),
    ...ledger.calls.filter((call) => !isStable(call)).map(({ key }) => `I2: the key ${key} is unknown`),
  ];
}

/** I3: no task left its end, and every acknowledged end is the end. */
async function changedEnds({ database, ledger }: Evidence): Promise<string[]> {
  const left = await database.query<{ id: string; was: string; became: string }>('SELECT * FROM changed_end');
  const ends = await database.query<{ id: string; status: string }>('SELECT id, status FROM task');
  const endOf = new Map(ends.map(({ id, status }) => [id, status]));
  return [
    ...left.map(({ id, was, became }) => `I3: ${id} was ${was} and became ${became}`),
    // A missing task was never acknowledged, or I1 would report it.
    ...Object.values(ledger.tasks).flatMap(({ id, taken }) =>
      taken
        .filter((end) => endOf.has(id) && end !== endOf.get(id))
        .map((end) => `I3: ${id} was acknowledged as ${end}, not as it ended`),
    ),
  ];
}

/** I4: the receiver never worked on more tasks of a rule key than the rule admits. */
async function exceededLimits({ database, ledger, kills }: Evidence): Promise<string[]> {
  const ends = await database.query<{ id: string; ended_at: Date }>(
    'SELECT id, ended_at FROM task WHERE ended_at IS NOT NULL',
  );
  const endedAt = new Map(ends.map(({ id, ended_at }) => [id, ended_at.getTime()]));
  return overlaps(ledger, endedAt, kills)
    .filter(({ most, limit }) => most > limit)
    .map(({ key, most, limit }) => `I4: ${most} tasks of ${key} ran at once, ${limit} are allowed`);
}

/** I5: counters equal a recount. */
async function miscounted({ database }: Evidence): Promise<string[]> {
  try {
    await recount(database);
    return [];
  } catch (error) {
    return [`I5: ${String(error)}`];
  }
}

/** I6: all acknowledged increments are counted; others may be. */
async function lostIncrements({ database, ledger }: Evidence): Promise<string[]> {
  const rows = await database.query<{ id: string; success: number }>('SELECT id, success FROM task');
  const kept = new Map(rows.map(({ id, success }) => [id, success]));
  return Object.values(ledger.tasks).flatMap(({ id, counted, unsure }) => {
    const success = kept.get(id) ?? 0;
    const isRight = counted <= success && success <= counted + unsure;
    return isRight
      ? []
      : [`I6: ${id} has ${success}, of ${counted} acknowledged increments and ${unsure} uncertain ones`];
  });
}
