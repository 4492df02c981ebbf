import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/poll';
import { useProcesses } from '../support/process';
import { after } from '../support/service';
import { type Graph, probe, step, taskFor, type Url } from './harness/graphs';
import { HOSTILE } from './harness/outside';
import { poison } from './harness/poison';
import { LONG, RATE, scaled, TIMEOUT_MS } from './harness/scale';
import { scenario } from './harness/scenario';
import type { Stage } from './harness/stage';

describe('Under load on two replicas, every promise is kept when', () => {
  useProcesses();

  it(
    'many receivers hang, drip, flood, babble, fail or are gone, and the others keep pace',
    () =>
      scenario('Receivers misbehave', { env: { WEBHOOK_MAX_ATTEMPTS: '3' } }, async (stage) => {
        const url: Url = (path, host) => stage.outside.url(path, host);
        const spanMs = scaled(20_000, 1500);
        const without = await probing(stage, url, spanMs);
        let others = 0;
        const timer = setInterval(
          () => void stage.load.create(taskFor(url, HOSTILE[others++ % HOSTILE.length])),
          4000 / RATE,
        );
        const withThem = await probing(stage, url, spanMs);
        await stage.recovered();
        clearInterval(timer);
        return {
          broken: `${others} calls to ${HOSTILE.length} such hosts`,
          mayRepeat: 0,
          more: `from request to start call of a healthy task, p95: ${without} ms without, ${withThem} ms with them`,
        };
      }),
    TIMEOUT_MS,
  );

  it(
    'thousands of tasks are released at once',
    () =>
      scenario('Tasks released at once', {}, async (stage) => {
        const width = scaled(9_999, 800);
        const url: Url = (path, host) => stage.outside.url(path, host);
        const begun = performance.now();
        const ids = await stage.load.create(wideGraph(url, width));
        await eventually(
          async () =>
            expect(
              await stage.query('SELECT count(*)::int AS open FROM task WHERE id = ANY ($1) AND ended_at IS NULL', [
                ids,
              ]),
            ).toEqual([{ open: 0 }]),
          { timeoutMs: 120_000 },
        );
        const secs = (performance.now() - begun) / 1000;
        await stage.recovered();
        return { broken: `${width} at once`, mayRepeat: 0, more: `all over after ${secs.toFixed(1)} s` };
      }),
    TIMEOUT_MS,
  );

  // Without load, poisonous-rows-spec.ts covers the short form.
  if (LONG)
    it(
      'rows exist that no request could have written',
      () =>
        scenario('Poisonous rows', {}, async (stage) => {
          const rows = await poison(stage);
          await pause(15_000);
          await stage.recovered();
          // Reports what became of these rows before it removes them.
          const left = await rows.remove();
          return { broken: `${rows.count} rows`, mayRepeat: 0, more: left };
        }),
      TIMEOUT_MS,
    );

  // Without processes, test/races/deduplication-spec.ts covers the short form.
  if (LONG)
    it(
      '50 identical creations arrive at once, repeatedly, while tasks run',
      () =>
        scenario('50 identical creates while tasks run', {}, async (stage) => {
          const rounds = 60;
          const created: number[] = [];
          for (let round = 0; round < rounds; round++) created.push(await createTwins(stage, `twin-${round}`));
          expect(created).toEqual(Array<number>(rounds).fill(1));
          await stage.recovered();
          return { broken: `${rounds} times 50 requests`, mayRepeat: 0, more: 'one task was created each time' };
        }),
      TIMEOUT_MS,
    );
});

/** Creates probes for some time, and returns the 95th percentile from creation to start call in ms. */
async function probing(stage: Stage, url: Url, spanMs: number): Promise<number> {
  const ids = new Set<string>();
  const until = Date.now() + spanMs;
  while (Date.now() < until) {
    for (const id of await stage.load.create(probe(url))) ids.add(id);
    await pause(25);
  }
  const begins = await eventually(
    async () => {
      const { calls } = await stage.outside.ledger();
      const starts = calls.filter(({ trigger, task }) => trigger === 'start' && ids.has(task!));
      expect(starts.length).toBeGreaterThanOrEqual(ids.size);
      return starts;
    },
    { timeoutMs: 30_000 },
  );
  const took = begins.map(({ task, begin }) => begin - stage.load.acknowledged.get(task!)!).sort((a, b) => a - b);
  return took[Math.floor(took.length * 0.95)];
}

/** Returns a graph of many tasks that wait for one. */
const wideGraph = (url: Url, width: number): Graph => ({
  tasks: [step('root', url), ...Array.from({ length: width }, (_, i) => step(`leaf${i}`, url, after(['root'])))],
});

/** Has 50 clients create the same short task on both replicas, and returns how many were created. */
async function createTwins(stage: Stage, kind: string): Promise<number> {
  const dedupe_strategy = ['Waiting', 'Pending', 'Running', 'Success', 'Failure'].map((status) => ({
    kind,
    status,
    fields: ['p'],
  }));
  const twin = () =>
    step('twin', (path, host) => stage.outside.url(path, host), { kind, metadata: { p: 1 }, dedupe_strategy });
  const begun = Date.now();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => stage.replicas[i % 2].call<{ id: string }[]>('POST', '/task', [twin()])),
  );
  expect(answers.map(({ status }) => status).filter((status) => ![201, 204].includes(status))).toEqual([]);
  const created = answers.flatMap(({ body }) => body ?? []);
  for (const { id } of created) stage.load.acknowledged.set(id, begun);
  return created.length;
}
