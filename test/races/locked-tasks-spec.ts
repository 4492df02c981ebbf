import { Client } from 'pg';
import { useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { after, task } from '../support/service';

const DAY_MS = '86400000';

describe('A task that is locked when it could be claimed', () => {
  const receiver = useReceiver();
  // No loop runs by itself, and one call is made at a time.
  const service = useService({ WORKER_LOOP_INTERVAL_MS: DAY_MS, WORKER_WEBHOOK_CONCURRENCY: '1' });

  it('delays no other, and starts as soon as it is unlocked', async () => {
    const gate = new Gate();
    receiver.reply('/first', { after: gate.opened });
    const { first } = await service.create([task('first', receiver.url('/first'), { priority: 9 })]);
    await receiver.waitFor(1, '/first');
    const ids = await service.create([
      task('locked', receiver.url('/start'), { priority: 1 }),
      task('other', receiver.url('/start')),
    ]);
    const client = new Client({ connectionString: service.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM task WHERE id = $1 FOR UPDATE', [ids.locked]);
    gate.open();
    await untilRunning(service, first, ids.other);
    expect((await service.task(ids.locked)).status).toBe('Pending');
    await client.query('COMMIT');
    await client.end();
    await untilRunning(service, ids.locked);
  });

  it('starts when the start result of a parent that already reported holds the lock', async () => {
    receiver.reply('/fast', async ({ query }) => {
      const headers = { 'content-type': 'application/json' };
      await fetch(query.get('handle')!, { method: 'PATCH', headers, body: '{"status":"Success"}' });
      return {};
    });
    const chain = Array.from({ length: 30 }, (_, n) =>
      task(`t${n}`, receiver.url('/fast'), n > 0 ? after([`t${n - 1}`]) : {}),
    );
    const ids = await service.create([...chain, task('last', receiver.url('/start'), after(['t29']))]);
    await untilRunning(service, ids.last);
  });
});
