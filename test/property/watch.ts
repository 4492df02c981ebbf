import { Pool } from 'pg';

// It writes down what must not be rather than raising an error, for an error would undo the deed, and the loop or
// handler that did it might well swallow it.
export const NOTHING_LEAVES_AN_END = `
  CREATE TABLE left_its_end (id uuid, was text, became text);
  CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO left_its_end VALUES (OLD.id, OLD.status, NEW.status);
      RETURN NULL;
    END $$;
  CREATE TRIGGER ends_are_final AFTER UPDATE ON task FOR EACH ROW
    WHEN (OLD.status IN ('Success', 'Failure', 'Canceled')
      AND (NEW.status, NEW.ended_at, NEW.failure_reason) IS DISTINCT FROM (OLD.status, OLD.ended_at, OLD.failure_reason))
    EXECUTE FUNCTION write_down()`;

// To be asked when a start call comes: parents that do not allow it, and how many tasks that count like this one are
// under way.
const AT_A_START = `
  SELECT (SELECT count(*)::int FROM link l JOIN task p ON p.id = l.parent_id
          WHERE l.child_id = $1 AND p.status <> 'Success' AND (l.requires_success OR p.ended_at IS NULL)) AS hindering,
         (SELECT count(*)::int
          FROM task me JOIN task_definition mine ON mine.id = me.id
          JOIN task t ON t.kind = me.kind
            AND (t.status IN ('Claimed', 'Running') OR t.paused_from IN ('Claimed', 'Running'))
          JOIN task_definition d ON d.id = t.id AND d.metadata -> 'lane' = mine.metadata -> 'lane'
          WHERE me.id = $1) AS beside`;

const UNSETTLED = `
  SELECT id, batch_id, status, blocked_by IS NOT NULL AS parked, claimed_by IS NOT NULL AS calling
  FROM task WHERE ended_at IS NULL OR claimed_by IS NOT NULL`;

const DELIVERIES = `
  SELECT batch_id, key, status::text FROM delivery UNION ALL SELECT batch_id, key, 'queued' FROM outbox`;

const TASKS = `SELECT id, batch_id, status, failure_reason, success, failures FROM task`;

export interface UnsettledTask {
  id: string;
  batch_id: string;
  status: string;
  parked: boolean;
  /** Its start call is on the way. */
  calling: boolean;
}

export interface EndedTask {
  id: string;
  batch_id: string;
  status: string;
  failure_reason: string | null;
  success: number;
  failures: number;
}

export interface DeliveryFound {
  batch_id: string;
  key: string;
  status: string;
}

/** Looks into the database of the histories from outside of the service. */
export class Watch {
  private readonly pool: Pool;

  private constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: 4 });
  }

  /** From now on every task that leaves its end is written down. */
  static async over(url: string): Promise<Watch> {
    const watch = new Watch(url);
    await watch.pool.query(NOTHING_LEAVES_AN_END);
    return watch;
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /** As `Service.query`, over connections that are kept. */
  async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query(text, values)).rows as Row[];
  }

  leftTheirEnd(): Promise<unknown[]> {
    return this.query('SELECT * FROM left_its_end');
  }

  async atAStart(id: string): Promise<{ hindering: number; beside: number }> {
    type Row = { hindering: number; beside: number };
    return (await this.pool.query<Row>({ name: 'at-a-start', text: AT_A_START, values: [id] })).rows[0];
  }

  /** Lets a running task look as if nothing had been heard of it for a day. */
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

  /** Tasks that have not ended, or whose start call is still on the way. */
  unsettled(): Promise<UnsettledTask[]> {
    return this.query(UNSETTLED);
  }

  tasks(): Promise<EndedTask[]> {
    return this.query(TASKS);
  }

  /** Everything that was ever queued, start calls included. */
  deliveries(): Promise<DeliveryFound[]> {
    return this.query(DELIVERIES);
  }

  /** Forgets histories that are over, so that looking at the next ones stays cheap. */
  async clear(): Promise<void> {
    for (const table of ['delivery', 'link', 'task_definition', 'task', 'batch'])
      await this.pool.query(`DELETE FROM ${table}`);
  }
}
