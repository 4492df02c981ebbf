import { NOTHING_LEAVES_AN_END } from '../../property/watch';
import { execute } from '../../support/postgres';
import { recount } from '../../support/recount';
import { overlaps } from './overlaps';
import type { Ledger, LedgerCall, Outside } from './outside';

/** Who can be asked what is in the database. */
export interface Database {
  query<Row = any>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** All that a scenario is judged by. */
export interface Evidence {
  database: Database;
  ledger: Ledger;
  outside: Outside;
  /** Tasks that clients were told of. */
  acknowledged: readonly string[];
  /** When replicas were killed. */
  kills: readonly number[];
}

// Whether somebody has to be told of a cancellation depends on the state that it met.
const ENDS_ARE_WRITTEN_DOWN = `
  CREATE TABLE end_met (id uuid, status text, held text);
  CREATE FUNCTION write_down_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO end_met VALUES (OLD.id, OLD.status, OLD.paused_from);
      RETURN NULL;
    END $$;
  CREATE TRIGGER ends_are_written_down AFTER UPDATE ON task FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION write_down_the_end()`;

/** From now on the database keeps what the invariants are judged by. */
export const audit = (url: string): Promise<void> => execute(url, NOTHING_LEAVES_AN_END, ENDS_ARE_WRITTEN_DOWN);

const UNSETTLED = `
  SELECT id, status::text FROM task WHERE ended_at IS NULL OR claimed_by IS NOT NULL
  UNION ALL SELECT id, 'queued ' || key FROM outbox`;

/** What has not come to rest yet; empty when nothing will happen any more. */
export const unsettled = (database: Database): Promise<{ id: string; status: string }[]> => database.query(UNSETTLED);

/** Everything that breaks one of the six invariants: one sentence each. */
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

/** I1: every acknowledged task is there, and all tasks have ended. */
async function unended({ database, acknowledged }: Evidence): Promise<string[]> {
  const lost = await database.query<{ id: string }>(
    'SELECT a.id FROM unnest($1::uuid[]) AS a (id) WHERE NOT EXISTS (SELECT FROM task t WHERE t.id = a.id)',
    [acknowledged],
  );
  const open = await database.query<{ id: string; status: string }>(
    'SELECT id, status FROM task WHERE ended_at IS NULL',
  );
  return [
    ...lost.map(({ id }) => `I1: ${id} was acknowledged, and is not there`),
    ...open.map(({ id, status }) => `I1: ${id} is still ${status}`),
  ];
}

const DUE = `
  WITH ended AS (
    SELECT t.id, t.status, t.failure_reason, d.on_success, d.on_failure, d.on_cancel, COALESCE(m.held, m.status) AS met
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

const heard = ({ status }: LedgerCall) => status !== undefined && status >= 200 && status < 300;

/** I2: every notification that is due was delivered under its key, and nothing came under any other. */
async function undelivered({ database, ledger, outside }: Evidence): Promise<string[]> {
  const due = await database.query<{ key: string; url: string }>(DUE);
  const delivered = new Set(ledger.calls.filter(heard).map(({ key }) => key));
  const settled = await database.query<{ key: string; status: string }>('SELECT key, status FROM delivery');
  const recorded = new Map(settled.map(({ key, status }) => [key, status]));
  const queued = await database.query<{ key: string }>('SELECT key FROM outbox');
  const known = new Set(due.map(({ key }) => key));
  const isStable = ({ key, task }: LedgerCall) => known.has(key) || key === `${task}:start`;
  // A host that is not fine is given up at last; that must be on record.
  const isDone = ({ key, url }: { key: string; url: string }) =>
    outside.hostOf(url) === 'fine'
      ? delivered.has(key) && recorded.get(key) === 'success'
      : ['success', 'exhausted'].includes(recorded.get(key) ?? '');
  return [
    ...due.filter((each) => !isDone(each)).map(({ key }) => `I2: ${key} was not delivered (${recorded.get(key)})`),
    ...queued.map(({ key }) => `I2: ${key} is still queued`),
    ...ledger.calls.filter((call) => !isStable(call)).map(({ key }) => `I2: nobody knows the key ${key}`),
  ];
}

/** I3: nothing left its end, and what was acknowledged as an end is the end. */
async function changedEnds({ database, ledger }: Evidence): Promise<string[]> {
  const left = await database.query<{ id: string; was: string; became: string }>('SELECT * FROM left_its_end');
  const ends = await database.query<{ id: string; status: string }>('SELECT id, status FROM task');
  const endOf = new Map(ends.map(({ id, status }) => [id, status]));
  return [
    ...left.map(({ id, was, became }) => `I3: ${id} was ${was} and became ${became}`),
    // A task that is gone is none that a client was told of, or I1 would say so.
    ...Object.values(ledger.tasks).flatMap(({ id, taken }) =>
      taken
        .filter((end) => endOf.has(id) && end !== endOf.get(id))
        .map((end) => `I3: ${id} was acknowledged as ${end}, not as it ended`),
    ),
  ];
}

/** I4: of what a rule counts together, never more was under way at the receiver than the rule admits. */
async function exceededLimits({ database, ledger, kills }: Evidence): Promise<string[]> {
  const ends = await database.query<{ id: string; ended_at: Date }>(
    'SELECT id, ended_at FROM task WHERE ended_at IS NOT NULL',
  );
  const endedAt = new Map(ends.map(({ id, ended_at }) => [id, ended_at.getTime()]));
  return overlaps(ledger, endedAt, kills)
    .filter(({ most, limit }) => most > limit)
    .map(({ key, most, limit }) => `I4: ${most} tasks of ${key} were under way at once, and ${limit} may be`);
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

/** I6: increments that were acknowledged are all there; of the others nobody knows. */
async function lostIncrements({ database, ledger }: Evidence): Promise<string[]> {
  const rows = await database.query<{ id: string; success: number }>('SELECT id, success FROM task');
  const kept = new Map(rows.map(({ id, success }) => [id, success]));
  return Object.values(ledger.tasks).flatMap(({ id, counted, unsure }) => {
    const success = kept.get(id) ?? 0;
    const isRight = counted <= success && success <= counted + unsure;
    return isRight ? [] : [`I6: ${id} has ${success}, of ${counted} acknowledged increments and ${unsure} unsure ones`];
  });
}
