import { Worker } from '../../src/loops/worker';
import { ASLEEP, useReceiver } from '../support/fixture';
import { eventually } from '../support/poll';
import { useReplicas } from '../support/replicas';
import { provider, task, webhook } from '../support/service';

describe('A worker whose loops run once an hour', () => {
  // `api` starts nothing; its replica does the work.
  const [api] = useReplicas(
    { WORKER_ENABLED: '0', WORKER_CLAIM_TIMEOUT_SECS: '5' },
    { ...ASLEEP, WORKER_CLAIM_TIMEOUT_SECS: '5' },
  );
  const receiver = useReceiver();
  beforeAll(async () => {
    // They learn of each other by their heartbeats.
    await eventually(() => expect(provider(api, Worker).others).toBe(1));
  });

  const isRunning = (id: string) =>
    eventually(async () => expect(await api.task(id)).toMatchObject({ status: 'Running' }));

  it('starts tasks that another replica created', async () => {
    const { a } = await api.create([task('a', receiver.url('/created'))]);
    await receiver.waitFor(1, '/created');
    await isRunning(a);
  });

  it('starts tasks that a report to another replica released, and delivers what that queued', async () => {
    const { a, b } = await api.create([
      task('a', receiver.url('/parent'), { on_success: [webhook(receiver.url('/done'))] }),
      task('b', receiver.url('/child'), { dependencies: [{ id: 'a', requires_success: true }] }),
    ]);
    await isRunning(a);
    await api.succeed(a);
    await receiver.waitFor(1, '/done');
    await isRunning(b);
  });

  it('is woken again after its connection was broken', async () => {
    const listeners = `application_name = 'hookline wakeups' AND datname = current_database()`;
    const ended = await api.query<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${listeners}`,
    );
    expect(ended).toHaveLength(2);
    await eventually(
      async () => {
        // They listen again, and may have sent hints of their own since.
        const listening = await api.query(
          `SELECT FROM pg_stat_activity WHERE ${listeners} AND state = 'idle' AND query <> '' AND pid <> ALL ($1)`,
          [ended.map(({ pid }) => pid)],
        );
        expect(listening).toHaveLength(2);
      },
      { timeoutMs: 20_000 },
    );
    const { a } = await api.create([task('a', receiver.url('/again'))]);
    await receiver.waitFor(1, '/again');
    await isRunning(a);
  });
});
