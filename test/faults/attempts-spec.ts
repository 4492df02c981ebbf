import { resolve } from 'node:path';
import { createDatabase, useReceiver } from '../support/fixture';
import { failsUpTo } from '../support/attempt-races';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import { type Task, task } from '../support/service';

const CLOCK = resolve('test/faults/harness/clock.cjs');
const FIVE_MINUTES_MS = 300_000;
const TASKS = 10;
const PAUSE_SECS = 2;
/** The killed replica may have claimed a task. */
const env = { WORKER_CLAIM_TIMEOUT_SECS: '2' };

describe('Attempts and delays', () => {
  useProcesses();
  const receiver = useReceiver();

  it('are in time on replicas whose clocks are five minutes wrong, and survive the kill of one of them', async () => {
    const { url: DATABASE_URL } = await createDatabase();
    const start = (shiftMs: number) =>
      ServiceProcess.start({ DATABASE_URL, ...env, CLOCK_SHIFT_MS: String(shiftMs) }, { preload: CLOCK });
    const [fast, slow] = await Promise.all([start(FIVE_MINUTES_MS), start(-FIVE_MINUTES_MS)]);
    receiver.reply('/retried', failsUpTo(1));
    const retry = { max_attempts: 2, delay_secs: PAUSE_SECS, jitter: 0 };
    const create = async (name: string, rest: object): Promise<string[]> => {
      const tasks = Array.from({ length: TASKS }, (_, i) => task(String(i), receiver.url(`/${name}`), rest));
      return (await slow.call<Task[]>('POST', '/task', tasks)).body.map(({ id }) => id);
    };
    const retried = await create('retried', { retry });
    const delayed = await create('delayed', { delay_secs: PAUSE_SECS });
    const timed = await create('timed', { run_at: new Date(Date.now() + PAUSE_SECS * 1000).toISOString() });
    const all = [...retried, ...delayed, ...timed];
    const states = (ids: string[]) => Promise.all(ids.map((id) => slow.task(id)));
    await eventually(async () => {
      expect((await states(retried)).filter(({ attempt }) => attempt !== 2)).toEqual([]);
    });
    await fast.end('SIGKILL');
    const started = await eventually(async () => {
      const tasks = await states(all);
      expect(tasks.filter(({ status }) => status !== 'Running')).toEqual([]);
      return tasks;
    });
    for (const [i, { id, run_at, started_at, attempt }] of started.entries()) {
      expect(attempt).toBe(i < TASKS ? 2 : 1);
      const calls = receiver.received(
        ({ headers }) => headers['x-task-id'] === id && headers['x-task-attempt'] === String(attempt),
      );
      const due = Date.parse(String(run_at));
      expect(Math.min(...calls.map(({ at }) => at))).toBeGreaterThanOrEqual(due);
      expect(Date.parse(String(started_at))).toBeGreaterThanOrEqual(due);
    }
  });
});
