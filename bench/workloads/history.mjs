const PER_BATCH = 100;

/**
 * Fills the tables with so many tasks that have ended, a hundred a batch, each with the record of its start call. By SQL,
 * since a million tasks through the API would take longer than everything else. Answers the ids of a batch and a task.
 */
export async function fillHistory(db, tasks) {
  const batches = tasks / PER_BATCH;
  const statuses = `(ARRAY['Success','Success','Success','Success','Success','Success','Failure','Canceled'])[1 + n % 8]`;
  const url = 'http://127.0.0.1:1/';
  await db.query(`
    CREATE TEMP TABLE b AS
      SELECT n, uuidv7(make_interval(secs => n - ${batches})) AS id, now() - make_interval(secs => ${batches} - n) AS at
      FROM generate_series(1, ${batches}) n;
    INSERT INTO batch (id, created_at, scope, metadata)
      SELECT id, at, 'scope-' || n % 100, jsonb_build_object('number', n) FROM b;
    CREATE TEMP TABLE t AS
      SELECT uuidv7() AS id, b.id AS batch_id, b.at, b.n * ${PER_BATCH} + i AS n
      FROM b, generate_series(1, ${PER_BATCH}) i ORDER BY b.n;
    INSERT INTO task (id, batch_id, created_at, last_updated, started_at, ended_at, status, timeout_secs, kind, success,
                      expected_count)
      SELECT id, batch_id, at, at, at, at, ${statuses}::task_status, 60, 'kind-' || n % 20, 5, 5 FROM t;
    INSERT INTO task_definition (id, batch_id, created_at, name, metadata, on_start)
      SELECT id, batch_id, at, 'Task ' || n, jsonb_build_object('number', n, 'project', n % 1000),
             '{"kind":"Webhook","params":{"url":"${url}","verb":"Post"}}' FROM t;
    INSERT INTO delivery (id, task_id, batch_id, trigger, status, attempts, created_at, updated_at, key, url)
      SELECT uuidv7(), id, batch_id, 'start', 'success', 1, at, at, id || ':start', '${url}' FROM t`);
  const first = async (sql) => (await db.query(sql)).rows[0].id;
  const batch = await first('SELECT id FROM b ORDER BY n LIMIT 1');
  const task = await first('SELECT id FROM t ORDER BY n DESC LIMIT 1');
  await db.query('DROP TABLE b, t');
  await db.query('VACUUM ANALYZE');
  await db.query('CHECKPOINT');
  return { batch, task };
}
