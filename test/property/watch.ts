import { Pool } from 'pg';
import { CYCLES } from '../support/recount';

// Violations are recorded, not raised: an error would undo the change, and a loop or handler might swallow it.
export const RECORD_CHANGED_ENDS = `
  CREATE TABLE changed_end (id uuid, was text, became text);
  CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO changed_end VALUES (OLD.id, OLD.status, NEW.status);
      RETURN NULL;
    END $$;
  CREATE TRIGGER ends_are_final AFTER UPDATE ON task FOR EACH ROW
    WHEN (OLD.status IN ('Success', 'Failure', 'Canceled')
      AND (NEW.status, NEW.ended_at, NEW.failure_reason) IS DISTINCT FROM (OLD.status, OLD.ended_at, OLD.failure_reason))
    EXECUTE FUNCTION record_change()`;

// At a start call: parents that do not allow it, how many tasks count together with its task, whether its time has not come,
// and how many cancel calls to the receiver before have not been made.
const AT_A_START = `
  SELECT (SELECT count(*)::int FROM link l JOIN task p ON p.id = l.parent_id
          WHERE l.child_id = $1 AND p.status <> 'Success' AND (l.requires_success OR p.ended_at IS NULL)) AS hindering,
         EXISTS (SELECT FROM task t JOIN link l ON l.child_id = t.id JOIN task p ON p.id = l.parent_id
                 WHERE t.id = $1 AND p.status <> 'Success' AND (l.requires_success OR p.ended_at IS NULL)
                   -- Others may have been rerun after the claim.
                   AND p.attempt = 1) AS "hinderedAtFirst",
         (SELECT count(*)::int
          FROM task me JOIN task_definition mine ON mine.id = me.id
          JOIN task t ON t.kind = me.kind
            AND (t.status IN ('Claimed', 'Running') OR t.paused_from IN ('Claimed', 'Running'))
          JOIN task_definition d ON d.id = t.id AND d.metadata -> 'group' = mine.metadata -> 'group'
          WHERE me.id = $1) AS beside,
         (SELECT attempt = $2 AND run_at > clock_timestamp() IS TRUE FROM task WHERE id = $1) AS early,
         (SELECT count(*)::int FROM outbox o
          WHERE o.task_id = $1 AND o.attempt < $2 AND o.notice = 'cancel' AND o.last_status IS NULL AND o.last_error IS NULL) AS unsent`;

const ACTIVE = `
  SELECT id, batch_id, status, blocked_by IS NOT NULL AS blocked, (delayed AND run_at > now()) AS later, attempt,
         COALESCE((SELECT attempt < (retry ->> 'max_attempts')::int FROM task_definition d WHERE d.id = task.id), false) AS "hasNext", claimed_by IS NOT NULL AS calling
  FROM task WHERE ended_at IS NULL OR claimed_by IS NOT NULL`;

const DELIVERIES = `
  SELECT batch_id, key, status::text FROM delivery UNION ALL SELECT batch_id, key, 'queued' FROM outbox`;

const TASKS = `
  SELECT id, batch_id, status, failure_reason, success, failures, attempt,
         COALESCE((SELECT json_agg(a ORDER BY a.attempt) FROM task_attempt a WHERE a.task_id = task.id), '[]') AS over
  FROM task`;

export interface ActiveTask {
  id: string;
  batch_id: string;
  status: string;
  blocked: boolean;
  /** It is delayed, and its time has not come. */
  later: boolean;
  attempt: number;
  /** Its retry policy leaves another attempt. */
  hasNext: boolean;
  /** Its start call is in flight. */
  calling: boolean;
}

export interface AttemptOver {
  attempt: number;
  failure_reason: string;
  success: number;
  failures: number;
}

export interface EndedTask {
  id: string;
  batch_id: string;
  status: string;
  failure_reason: string | null;
  success: number;
  failures: number;
  attempt: number;
  /** The attempts before, oldest first. */
  over: AttemptOver[];
}

export interface DeliveryFound {
  batch_id: string;
  key: string;
  status: string;
}

export interface AtAStart {
  hindering: number;
  /** A parent at its first attempt does not allow it. */
  hinderedAtFirst: boolean;
  beside: number;
  early: boolean;
  unsent: number;
}

/** Queries the database of the histories directly. */
export class Watch {
  private readonly pool: Pool;

  private constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: 4 });
  }

  /** Records every change of an end from now on. */
  static async over(url: string): Promise<Watch> {
    const watch = new Watch(url);
    await watch.pool.query(RECORD_CHANGED_ENDS);
    return watch;
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /** Queries over connections that are kept, unlike `Service.query`. */
  async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query(text, values)).rows as Row[];
  }

  changedEnds(): Promise<unknown[]> {
    return this.query('SELECT * FROM changed_end');
  }

  /** Forgets the changes of ends that reruns made, and returns all others. */
  async changedWithoutRerun(): Promise<unknown[]> {
    const others = await this.query(`SELECT * FROM changed_end WHERE became NOT IN ('Waiting', 'Pending')`);
    await this.query('DELETE FROM changed_end');
    return others;
  }

  /** Returns tasks that depend on themselves. */
  cycles(): Promise<unknown[]> {
    return this.query(CYCLES);
  }

  /** Returns how often a batch has completed. */
  async completionsOf(batch: string): Promise<number> {
    const [{ n }] = await this.query<{ n: number }>('SELECT completed AS n FROM batch WHERE id = $1', [batch]);
    return n;
  }

  async atAStart(id: string, attempt: number): Promise<AtAStart> {
    return (await this.pool.query<AtAStart>({ name: 'at-a-start', text: AT_A_START, values: [id, attempt] })).rows[0];
  }

  /** Makes a running task appear silent for a day. */
  async silence(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `UPDATE task SET last_updated = now() - interval '1 day', deadline = now() WHERE id = $1 AND status = 'Running'`,
      [id],
    );
    return rowCount === 1;
  }

  async openTasksOf(batch: string): Promise<number> {
    return (await this.query('SELECT id FROM task WHERE batch_id = $1 AND ended_at IS NULL', [batch])).length;
  }

  /** Returns tasks that have not ended, or whose start call is in flight. */
  active(): Promise<ActiveTask[]> {
    return this.query(ACTIVE);
  }

  tasks(): Promise<EndedTask[]> {
    return this.query(TASKS);
  }

  /** Returns everything that was ever queued, start calls included. */
  deliveries(): Promise<DeliveryFound[]> {
    return this.query(DELIVERIES);
  }

  /** Removes finished histories, so that queries stay cheap. */
  async clear(): Promise<void> {
    for (const table of ['delivery', 'link', 'task_attempt', 'task_definition', 'task', 'batch_completion', 'batch'])
      await this.pool.query(`DELETE FROM ${table}`);
  }
}
