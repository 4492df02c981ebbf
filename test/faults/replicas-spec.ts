import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/poll';
import { taskFor } from './harness/graphs';
import { LONG, scaled, TIMEOUT_MS } from './harness/scale';
import { scenario } from './harness/scenario';
import { SLOTS, type Stage } from './harness/stage';
import { useProcesses } from '../support/process';

const FAILPOINT = resolve('test/faults/harness/failpoint.cjs');
const CLOCK = resolve('test/faults/harness/clock.cjs');
const FIVE_MINUTES_MS = 300_000;

/** Every commit of a replica under load, by the name of its first statement. */
const COMMITS = [
  'task-create',
  'task-claim-next',
  'dag-lock-with-children',
  'dag-lock-footprint',
  'outbox-record-attempts',
  'task-add-progress',
  'rules-lock-kinds',
  'rules-lock-kinds-shared',
  'outbox-lease-due',
  'task-drop-stale-claims',
  'task-find-silent',
  'worker-beat',
];
/** The first occurrence, and one in the middle of the work. */
const OCCURRENCES = [1, 7];
const DEATH_MS = 15_000;
/** Points with row locks, locks of a whole graph and rule locks, none of them before the replica is ready. */
const FREEZES = ['freeze:dag-lock-with-children:30', 'freeze:dag-lock-footprint:10', 'freeze:rules-lock-kinds:10'];
const FROZEN_MS = 45_000;
/** How long to wait for such a point. */
const FREEZE_MS = 60_000;
const IDLE_TRANSACTION = `
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'hookline' AND state = 'idle in transaction'
    AND now() - state_change > interval '300 ms'`;
/** Callers of the frozen replica wait for 20 s, so the pace comes from the few that call the other one. */
const PACE_OF_OTHERS = 0.05;
const OTHERS_SPAN_MS = 5000;

describe('Under load on two replicas, every promise is kept when', () => {
  useProcesses();

  it(
    'one is killed repeatedly',
    () =>
      scenario('A replica is killed with -9', {}, async (stage) => {
        const times = scaled(12, 2);
        for (let i = 0; i < times; i++) {
          await stage.kill(i % 2);
          await stage.recovered();
          await stage.restart(i % 2);
          await pause(scaled(2000, 500));
        }
        return { broken: `${times} kills`, mayRepeat: times * 2 * SLOTS };
      }),
    TIMEOUT_MS,
  );

  it(
    'one dies right before or right after a commit',
    () =>
      scenario('A replica dies at a commit boundary', {}, async (stage) => {
        const all = COMMITS.flatMap((name) =>
          OCCURRENCES.flatMap((nth) => [`before:${name}:${nth}`, `after:${name}:${nth}`]),
        );
        const points = scaled(all, [
          'after:task-claim-next:7',
          'before:dag-lock-with-children:7',
          'before:outbox-record-attempts:7',
        ]);
        const missed: string[] = [];
        await stage.kill(1);
        for (const point of points) {
          // Dying during the start counts too.
          await stage.restart(1, { preload: FAILPOINT, env: { FAILPOINT: point } }).catch(() => undefined);
          if (!(await stage.died(1, DEATH_MS))) missed.push(point);
        }
        await stage.restart(1);
        await stage.recovered();
        const died = points.length - missed.length;
        return {
          broken: `${died} boundaries`,
          mayRepeat: (points.length + 1) * 2 * SLOTS,
          more: missed.length > 0 ? `not reached: ${missed.join(', ')}` : undefined,
        };
      }),
    TIMEOUT_MS,
  );

  // Without load, frozen-replica-spec.ts covers the short form.
  if (LONG)
    it(
      'one is frozen in a transaction repeatedly, and the other continues',
      () =>
        scenario('A replica is frozen in a transaction', {}, async (stage) => {
          const waits: number[] = [];
          for (const point of FREEZES) waits.push(await freeze(stage, point));
          await stage.kill(1);
          await stage.restart(1);
          await stage.recovered();
          return {
            broken: `${FREEZES.length} times for ${FROZEN_MS / 1000} s`,
            mayRepeat: (2 * FREEZES.length + 1) * 2 * SLOTS,
            more: `the other continues after ${Math.max(...waits).toFixed(1)} s at most`,
          };
        }),
      TIMEOUT_MS,
    );

  it(
    'one is stopped by SIGTERM, drains, and exits with 0',
    () =>
      scenario('SIGTERM', { env: { WEBHOOK_MAX_ATTEMPTS: '2' } }, async (stage) => {
        const times = scaled(6, 1);
        let slowestMs = 0;
        for (let i = 0; i < times; i++) {
          slowestMs = Math.max(slowestMs, await drain(stage, i % 2));
          await stage.restart(i % 2);
          await stage.recovered();
        }
        return {
          broken: `${times} times`,
          mayRepeat: 0,
          more: `gone after ${(slowestMs / 1000).toFixed(1)} s at most`,
        };
      }),
    TIMEOUT_MS,
  );

  it(
    'their clocks are ten minutes apart',
    () =>
      scenario(
        'Clocks are off by five minutes, one early, one late',
        {
          start: (replica) => ({
            preload: CLOCK,
            env: { CLOCK_SHIFT_MS: String(replica === 0 ? -FIVE_MINUTES_MS : FIVE_MINUTES_MS) },
          }),
        },
        async (stage) => {
          await pause(scaled(20_000, 1000));
          await stage.recovered();
          return { broken: 'all the time', mayRepeat: 0 };
        },
      ),
    TIMEOUT_MS,
  );
});

/** Stops a replica by SIGTERM while its calls hang, and returns how many ms that took. */
async function drain(stage: Stage, replica: number): Promise<number> {
  const sleeping = () => stage.outside.openCalls('sleeps');
  await Promise.all(
    Array.from({ length: 8 }, () =>
      stage.load.create(taskFor((path, host) => stage.outside.url(path, host), 'sleeps')),
    ),
  );
  await eventually(async () => expect(await sleeping()).toBeGreaterThan(7));
  const service = stage.replicas[replica];
  const told: number[] = [];
  const begun = performance.now();
  const end = service.end('SIGTERM');
  while (!service.ended) {
    // A connection may close just as it is reused, which is no answer.
    const answer = await service.call('GET', '/ready').catch(() => undefined);
    if (answer) told.push(answer.status);
    await pause(20);
  }
  expect(await end).toBe(0);
  // Probes learn of draining before the end, and of nothing else afterwards. If the other replica has all of the calls,
  // this one may be gone before the first probe.
  const [ready, draining] = [told.filter((status) => status === 200), told.filter((status) => status === 503)];
  expect(told).toEqual([...ready, ...draining]);
  return performance.now() - begun;
}

/** Freezes the second replica in a transaction, and returns after how many seconds the other continues. */
async function freeze(stage: Stage, point: string): Promise<number> {
  await stage.kill(1);
  await stage.restart(1, { preload: FAILPOINT, env: { FAILPOINT: point } });
  await eventually(async () => expect(await stage.query(IDLE_TRANSACTION)).not.toEqual([]), { timeoutMs: FREEZE_MS });
  const frozen = Date.now();
  // Others take over its tasks, as after a kill.
  stage.kills.push(frozen);
  const continued = await eventually(
    async () => {
      const now = Date.now();
      const since = now - OTHERS_SPAN_MS;
      expect(since).toBeGreaterThan(frozen);
      expect(await stage.outside.resultsIn(since, now)).toBeGreaterThan(
        (PACE_OF_OTHERS * stage.pace * OTHERS_SPAN_MS) / 1000,
      );
      return now;
    },
    { timeoutMs: FROZEN_MS },
  );
  await pause(frozen + FROZEN_MS - Date.now());
  stage.replicas[1].signal('SIGCONT');
  await stage.recovered();
  return Math.max(0, (continued - frozen) / 1000);
}
