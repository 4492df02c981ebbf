import { Client } from 'pg';
import { findAncestors } from '../../src/dag/sql/dead-ends';
import { lockFootprint } from '../../src/dag/sql/lock';
import { findFailedDescendants } from '../../src/dag/sql/descendants';
import { useService } from '../support/fixture';
import { after, task } from '../support/service';

/** The estimate above which PostgreSQL compiles a plan by default. */
const JIT_ABOVE_COST = 100_000;

describe('On a database of wide graphs', () => {
  let client: Client;
  afterAll(() => client.end());
  const service = useService({ WORKER_ENABLED: '0' });
  beforeAll(async () => {
    const url = 'http://localhost:1/';
    const children = Array.from({ length: 500 }, (_, n) => task(`child-${n}`, url, after(['root'])));
    for (let i = 0; i < 4; i++) await service.create([task('root', url), ...children]);
    client = new Client({ connectionString: service.databaseUrl });
    await client.connect();
    await client.query('ANALYZE; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan');
  });

  it.each([lockFootprint, findFailedDescendants, findAncestors])(
    'PostgreSQL does not compile the plan of $name',
    async ({ name, text }) => {
      await client.query(`PREPARE "${name}" AS ${text}`);
      const nulls = [...new Set(text.match(/\$\d/g))].map(() => 'NULL');
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: { 'Total Cost': number } }] }>(
        `EXPLAIN (FORMAT JSON) EXECUTE "${name}" (${nulls.join()})`,
      );
      expect(rows[0]['QUERY PLAN'][0].Plan['Total Cost']).toBeLessThan(JIT_ABOVE_COST);
    },
  );
});
