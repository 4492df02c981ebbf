import { Client } from 'pg';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { Receiver } from '../support/receiver';
import { Service, task } from '../support/service';

describe('A task whose rules are replaced', () => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
    service = await Service.start({ WORKER_LOOP_INTERVAL_MS: '3600000' });
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  it('starts even if a decision blocks it at the same moment', async () => {
    const kind = 'ruled';
    const rules = [{ type: 'Concurrency', max_concurrency: 1, matcher: { kind, status: 'Running', fields: [] } }];
    const { batch, running, blocked } = await service.create([
      task('running', receiver.url('/start'), { kind, rules }),
      task('blocked', receiver.url('/start'), { kind, rules }),
    ]);
    await untilRunning(service, running);
    await eventually(async () =>
      expect(await service.query('SELECT FROM task WHERE id = $1 AND blocked_by IS NOT NULL', [blocked])).toHaveLength(
        1,
      ),
    );
    // Restores the state before a decision, which another transaction then repeats.
    const [{ blocked_by }] = await service.query<{ blocked_by: string }>(
      'WITH old AS (SELECT id, blocked_by FROM task WHERE id = $1) ' +
        'UPDATE task SET blocked_by = NULL FROM old WHERE task.id = old.id RETURNING old.blocked_by',
      [blocked],
    );
    const decision = new Client({ connectionString: service.databaseUrl });
    await decision.connect();
    await decision.query('BEGIN');
    await decision.query('UPDATE task SET blocked_by = $2 WHERE id = $1', [blocked, blocked_by]);
    const replacing = service.call('PATCH', `/batch/${batch}/rules`, { kind, rules: [] });
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => expect(await service.query(waits)).not.toEqual([]));
    await decision.query('COMMIT');
    await decision.end();
    expect((await replacing).status).toBe(200);
    await untilRunning(service, blocked);
  });
});
