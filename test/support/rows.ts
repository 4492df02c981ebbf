import { randomUUID } from 'node:crypto';

/** A service, or a connection to its database. */
interface Queryable {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

const TIMES = ['created_at', 'claimed_at', 'started_at', 'deadline', 'last_updated', 'ended_at'];
const earlier = (...columns: string[]) =>
  `SET ${columns.map((each) => `${each} = ${each} - make_interval(secs => $2)`).join(', ')}`;

/** Moves all times of these tasks `secs` into the past. */
export async function age(database: Queryable, ids: string | string[], secs: number): Promise<void> {
  const values = [[ids].flat(), secs];
  await database.query(`UPDATE task ${earlier(...TIMES)} WHERE id = ANY ($1::uuid[])`, values);
  await database.query(`UPDATE task_definition ${earlier('created_at')} WHERE id = ANY ($1::uuid[])`, values);
}

/** Moves all times of a batch and its tasks `secs` into the past. */
export async function ageBatch(database: Queryable, batch: string, secs: number): Promise<void> {
  await database.query(`UPDATE batch ${earlier('created_at')} WHERE id = $1`, [batch, secs]);
  await database.query(`UPDATE task ${earlier(...TIMES)} WHERE batch_id = $1`, [batch, secs]);
  await database.query(`UPDATE task_definition ${earlier('created_at')} WHERE batch_id = $1`, [batch, secs]);
}

/** Gives the claim of a task, if it has one, to an unknown worker, as of an hour ago. */
export async function loseWorker(database: Queryable, id: string): Promise<void> {
  await database.query(
    `UPDATE task SET claimed_by = $2, claimed_at = now() - interval '1 hour' WHERE id = $1 AND claimed_by IS NOT NULL`,
    [id, randomUUID()],
  );
}

/** Makes a task one that a worker claimed `secsAgo`, before its start call; an unknown worker counts as lost. */
export async function claim(
  database: Queryable,
  id: string,
  { worker = randomUUID(), secsAgo = 3600 }: { worker?: string; secsAgo?: number } = {},
): Promise<void> {
  await database.query(
    `UPDATE task SET status = 'Claimed', open_parents = 0, started_at = NULL, deadline = NULL,
       claimed_by = $2, claimed_at = now() - make_interval(secs => $3)
     WHERE id = $1`,
    [id, worker, secsAgo],
  );
}

/** Makes tasks of a batch, by default all, ones that an unknown worker has just claimed. */
export async function claimAll(database: Queryable, batch: string, ids?: string[]): Promise<void> {
  await database.query(
    `UPDATE task SET status = 'Claimed', claimed_by = $3, claimed_at = now()
     WHERE batch_id = $1 AND ($2::uuid[] IS NULL OR id = ANY ($2))`,
    [batch, ids, randomUUID()],
  );
}

/** Moves the next attempt of notifications to `inSecs` from now: of all, or of those whose key starts with `key`. */
export async function makeDue(database: Queryable, { key = '', inSecs = 0 } = {}): Promise<void> {
  await database.query(
    'UPDATE outbox SET next_attempt_at = now() + make_interval(secs => $2) WHERE starts_with(key, $1)',
    [key, inSecs],
  );
}
