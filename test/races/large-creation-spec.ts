import { Client } from 'pg';
import { useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { concurrency } from '../support/rules';
import { task } from '../support/service';

const WAITING_INSERTS = `SELECT count(*)::int AS n FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO task %'`;

describe('While a large batch is being written', () => {
  let holder: Client;
  afterAll(() => holder.end());
  const service = useService({ WORKER_ENABLED: '0' });
  beforeAll(async () => {
    holder = new Client({ connectionString: service.databaseUrl });
    await holder.connect();
  });

  it('small batches are created', async () => {
    // Registering this kind waits for this transaction.
    await holder.query('BEGIN');
    await holder.query(`INSERT INTO ruled_kind (kind, other_states) VALUES ('held', false)`);
    let isWritten = false;
    const url = 'http://localhost:1/';
    const large = service
      .create(
        Array.from({ length: 1000 }, (_, i) => task(`t${i}`, url, { kind: 'held', rules: [concurrency('held')] })),
      )
      .finally(() => (isWritten = true));
    await eventually(async () => expect(await service.query(WAITING_INSERTS)).toEqual([{ n: 1 }]));
    await Promise.all(['a', 'b', 'c'].map((name) => service.create([task(name, url)])));
    expect(isWritten).toBe(false);
    await holder.query('ROLLBACK');
    await large;
  });
});
