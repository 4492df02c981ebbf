import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { otherUsage } from '../../src/rules/sql/usage';
import { claimNext } from '../../src/task/sql/claim';
import { releaseChildren } from '../../src/task/sql/release-children';
import { useDatabase } from '../support/fixture';
import { planned, type Step } from '../support/plan';

const TASKS = 300;
const SLOTS = 100;

/** Returns the most pairs of rows that a join has compared in vain. */
const vainPairs = (steps: readonly Step[]): number =>
  Math.max(...steps.map((step) => (step['Rows Removed by Join Filter'] ?? 0) * step['Actual Loops']));

describe('The start of many tasks at once', () => {
  let client: Client;
  let release: () => Promise<Step[]>;
  let claim: () => Promise<Step[]>;
  afterAll(() => client.end());
  const database = useDatabase();

  beforeAll(async () => {
    client = new Client({ connectionString: database.url });
    await client.connect();
    const [parent, worker] = [randomUUID(), randomUUID()];
    await client.query(
      `INSERT INTO task (id, batch_id, status, open_parents, timeout_secs, kind)
       SELECT gen_random_uuid(), gen_random_uuid(), status::task_status, open_parents, 60, 'kind'
       FROM (VALUES ('Pending', 0), ('Waiting', 1)) AS s(status, open_parents), generate_series(1, $1)`,
      [TASKS],
    );
    await client.query(
      `INSERT INTO task_definition (id, batch_id, name, metadata, on_start)
       SELECT id, batch_id, 'Task', '{}', '{"kind": "Webhook", "params": {"url": "http://localhost/"}}' FROM task`,
    );
    await client.query(
      `INSERT INTO link (parent_id, child_id, requires_success) SELECT $1, id, true FROM task WHERE status = 'Waiting'`,
      [parent],
    );
    await client.query('ANALYZE');
    release = await planned(client, releaseChildren, `('{${parent}}', '{true}', ${SLOTS}, '${worker}')`);
    claim = await planned(client, claimNext, `(${SLOTS}, '${worker}', '{}', '{}')`);
  });

  it('compares no released child with every claimed one', async () => {
    const steps = await release();
    expect(steps[0]['Actual Rows']).toBe(TASKS);
    expect(vainPairs(steps)).toBeLessThan(TASKS);
  });

  it('compares no claimed task with every other', async () => {
    const steps = await claim();
    expect(steps[0]['Actual Rows']).toBe(SLOTS);
    expect(vainPairs(steps)).toBeLessThan(TASKS);
  });
});

describe('A rule that counts tasks which do not run', () => {
  let client: Client;
  afterAll(() => client.end());
  const database = useDatabase();

  it('finds them by their kind and status', async () => {
    client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `INSERT INTO task (id, batch_id, status, timeout_secs, kind)
       SELECT gen_random_uuid(), gen_random_uuid(), 'Pending', 60, 'kind-' || n FROM generate_series(1, 5000) n`,
    );
    await client.query('ANALYZE task');
    const key = { id: 1, max: 5, kind: 'kind-7', status: 'Pending', names: [], fields: {} };
    const count = await planned(client, otherUsage, `('${JSON.stringify([key])}')`);
    expect((await count()).map((step) => step['Index Name'])).toContain('task_kind_status');
  });
});
