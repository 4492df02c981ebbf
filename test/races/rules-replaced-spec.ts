import { Client } from 'pg';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { concurrency, untilBlocked } from '../support/rules';
import { task } from '../support/service';

describe('A task whose rules are replaced', () => {
  const receiver = useReceiver();
  const service = useService({ WORKER_LOOP_INTERVAL_MS: '3600000' });

  it('starts even if a decision blocks it at the same moment', async () => {
    const kind = 'ruled';
    const rules = [concurrency(kind)];
    const { batch, running, blocked } = await service.create([
      task('running', receiver.url('/start'), { kind, rules }),
      task('blocked', receiver.url('/start'), { kind, rules }),
    ]);
    await untilRunning(service, running);
    await untilBlocked(service, blocked);
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
