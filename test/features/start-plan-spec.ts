import { randomUUID } from 'node:crypto';
import { claimNext } from '../../src/task/sql/claim';
import { releaseChildren } from '../../src/task/sql/release-children';
import { useConnectedDatabase } from '../support/fixture';
import { preparePlan, type Step } from '../support/plan';

const TASKS = 300;
const SLOTS = 100;

/** Returns the largest number of row pairs that one join compared and discarded. */
const discardedPairs = (steps: readonly Step[]): number =>
  Math.max(...steps.map((step) => (step['Rows Removed by Join Filter'] ?? 0) * step['Actual Loops']));

describe('Starting many tasks at once', () => {
  let release: () => Promise<Step[]>;
  let claim: () => Promise<Step[]>;
  const database = useConnectedDatabase();

  beforeAll(async () => {
    const [parent, worker] = [randomUUID(), randomUUID()];
    await database.client.query(
      `INSERT INTO task (id, batch_id, status, open_parents, timeout_secs, kind)
       SELECT gen_random_uuid(), gen_random_uuid(), status::task_status, open_parents, 60, 'kind'
       FROM (VALUES ('Pending', 0), ('Waiting', 1)) AS s(status, open_parents), generate_series(1, $1)`,
      [TASKS],
    );
    await database.client.query(
      `INSERT INTO task_definition (id, batch_id, name, metadata, on_start)
       SELECT id, batch_id, 'Task', '{}', '{"kind": "Webhook", "params": {"url": "http://localhost/"}}' FROM task`,
    );
    await database.client.query(
      `INSERT INTO link (parent_id, child_id, requires_success) SELECT $1, id, true FROM task WHERE status = 'Waiting'`,
      [parent],
    );
    await database.client.query('ANALYZE');
    release = await preparePlan(database.client, releaseChildren, `('{${parent}}', '{true}', ${SLOTS}, '${worker}')`);
    claim = await preparePlan(database.client, claimNext, `(${SLOTS}, '${worker}', '{}', '{}')`);
  });

  it('does not compare every released child with every claimed one', async () => {
    const steps = await release();
    expect(steps[0]['Actual Rows']).toBe(TASKS);
    expect(discardedPairs(steps)).toBeLessThan(TASKS);
  });

  it('does not compare every claimed task with every other', async () => {
    const steps = await claim();
    expect(steps[0]['Actual Rows']).toBe(SLOTS);
    expect(discardedPairs(steps)).toBeLessThan(TASKS);
  });
});
