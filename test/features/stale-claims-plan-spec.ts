import { Client } from 'pg';
import { dropStaleClaims } from '../../src/task/sql/claim';
import { useService } from '../support/fixture';
import { preparePlan } from '../support/plan';
import { task } from '../support/service';

const ENDED = 2000;

describe('A search for stale claims', () => {
  let client: Client;
  afterAll(() => client.end());
  const service = useService({ WORKER_ENABLED: '0' });
  beforeAll(async () => {
    client = new Client({ connectionString: service.databaseUrl });
    await client.connect();
    await service.create(Array.from({ length: ENDED }, (_, n) => task(`t${n}`, 'http://localhost:1/')));
    // The statistics are from a moment when every task had a fresh claim.
    await client.query(`UPDATE task SET status = 'Claimed', claimed_by = gen_random_uuid(), claimed_at = now()`);
    await client.query('ANALYZE task');
    await client.query(`UPDATE task SET status = 'Success', claimed_by = NULL, ended_at = now()`);
  });

  it('reads none of the tasks without one, whatever the statistics say', async () => {
    const search = await preparePlan(client, dropStaleClaims, `(30, gen_random_uuid(), '{}', 1000)`);
    const [root] = await search();
    expect(root['Shared Hit Blocks']).toBeLessThan(10);
  });
});
