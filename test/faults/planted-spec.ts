import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/poll';
import { ruled } from './harness/graphs';
import { type Change, PlantedBuild } from './harness/planted';
import { LONG, scaled, TIMEOUT_MS } from './harness/scale';
import { play } from './harness/scenario';
import type { Stage } from './harness/stage';
import { useProcesses } from '../support/process';

interface Planted {
  name: string;
  bug: Change[];
  /** Matches at least one of the violations. */
  caught: RegExp;
  /** Runs beside the load, as some bugs show only when something breaks. */
  breakThings?: (stage: Stage) => Promise<unknown>;
  /** Graphs that clients create instead of random ones. */
  next?: typeof ruled;
  /** Tests plant this one too; `npm run chaos -- --planted` plants all. */
  always?: true;
}

/** Kills both replicas while calls are in flight, and returns the tasks that were claimed then. */
const killAll = async (stage: Stage): Promise<string[]> => {
  await eventually(async () => expect(await stage.outside.openCalls()).toBeGreaterThan(3), { timeoutMs: 30_000 });
  await Promise.all([stage.kill(0), stage.kill(1)]);
  const orphans = await stage.query<{ id: string }>(`SELECT id FROM task WHERE status = 'Claimed'`);
  await Promise.all([stage.restart(0), stage.restart(1)]);
  return orphans.map(({ id }) => id);
};

/** Kills until a claim is lost that the receiver never heard of: on others it reports, claim or no claim. */
const killUntilClaimsAreLost = async (stage: Stage): Promise<void> => {
  for (;;) {
    const orphans = await killAll(stage);
    const { tasks } = await stage.outside.ledger();
    if (orphans.some((id) => !(id in tasks))) return;
  }
};

const PLANTED: Planted[] = [
  {
    name: 'one notification in five is not queued',
    bug: [
      {
        file: 'webhook/outbox.js',
        text: 'const rows = this.rowsOf(notifications);',
        instead: 'const rows = this.rowsOf(notifications).filter(() => Math.random() > 0.2);',
      },
    ],
    caught: /^I2: .* was not delivered/,
    always: true,
  },
  {
    name: 'refusals in the answers to groups are ignored',
    bug: [{ file: 'webhook/group-answer.js', text: 'return refusal ?', instead: 'return false ?' }],
    caught: /^I2: .* was not delivered/,
  },
  {
    name: 'ends ignore the status that they start from',
    bug: [
      {
        file: 'task/sql/end-tasks.js',
        text: 'WHERE (CASE i.ending ${allowed} END)',
        instead: 'WHERE true',
      },
      {
        file: 'task/sql/end-tasks.js',
        text: 'w.retry_delay IS NULL AND t.ended_at IS NULL',
        instead: 'w.retry_delay IS NULL',
      },
      {
        file: 'task/report/apply-reports.js',
        text: 'const acceptsReports = (row) =>',
        instead: 'const acceptsReports = (row) => true ||',
      },
    ],
    caught: /^I3: /,
  },
  {
    name: 'claims of a lost worker are never requeued',
    bug: [
      {
        file: 'task/claiming/stale-claims.loop.js',
        text: 'async iterate() {',
        instead: 'async iterate() { return { found: 0, hasMore: false };',
      },
    ],
    caught: / is still (Claimed|queued)/,
    breakThings: killUntilClaimsAreLost,
    always: true,
  },
  {
    name: 'claims are requeued while their workers live',
    bug: [
      {
        file: 'task/sql/claim.js',
        text: 't.claimed_at < now() - make_interval(secs => $1)',
        instead: "t.claimed_at < now() - interval '20 milliseconds'",
      },
      { file: 'task/sql/claim.js', text: 'THEN t.id <> ALL ($3::uuid[])', instead: 'THEN $3::uuid[] IS NOT NULL' },
    ],
    caught: /calls were repeated/,
  },
  {
    name: 'increments are acknowledged before they are written',
    bug: [
      {
        file: 'task/report/progress-coalescer.js',
        text: 'return this.coalescer.add(increment);',
        instead: 'setTimeout(() => this.coalescer.add(increment).catch(() => undefined), 1500); return true;',
      },
    ],
    caught: /^I6: /,
    breakThings: killAll,
  },
  {
    name: 'rules decide without a lock',
    bug: [
      {
        file: 'rules/sql/kinds.js',
        text: 'SELECT pg_advisory_xact_lock(${advisory_locks_1.ADVISORY_LOCKS.rulesOfKind}, hash) FROM',
        instead: 'SELECT ${advisory_locks_1.ADVISORY_LOCKS.rulesOfKind}, hash FROM',
      },
      // A few milliseconds lie between a decision and its commit; on a busy server they may be more.
      {
        file: 'task/sql/claim.js',
        text: 'SELECT c.*, d.on_start, d.trace, ${accepted} FROM claimed c',
        instead: 'SELECT c.*, d.on_start, d.trace, ${accepted} FROM (SELECT pg_sleep(0.05)) AS s CROSS JOIN claimed c',
      },
    ],
    next: ruled,
    caught: /^I4: /,
  },
  {
    name: 'a child with several parents is counted down by one',
    bug: [
      {
        file: 'task/sql/release-children.js',
        text: 'SET open_parents = t.open_parents - c.n,',
        instead: 'SET open_parents = t.open_parents - 1,',
      },
    ],
    caught: /^I5: |^I1: .* is still Waiting/,
  },
];
describe('A scenario', () => {
  useProcesses();

  it.each(PLANTED.filter(({ always }) => LONG || always))(
    'finds a planted bug: $name',
    async ({ name, bug, caught, breakThings, next }) => {
      const build = new PlantedBuild(bug);
      try {
        const found = await play(
          `Planted: ${name}`,
          { program: build.program, restMs: scaled(8000, 4000), next },
          async (stage) => {
            await breakThings?.(stage);
            await pause(scaled(15_000, 1000));
            return { broken: 'the service itself', mayRepeat: 0 };
          },
        );
        expect(found).toContainEqual(expect.stringMatching(caught));
      } finally {
        build.remove();
      }
    },
    TIMEOUT_MS,
  );

  it(
    'finds nothing in the unchanged service, when all tasks have rules',
    async () => {
      const found = await play('Nothing is planted', { next: ruled }, async () => {
        await pause(scaled(15_000, 1000));
        return { broken: 'nothing', mayRepeat: 0 };
      });
      expect(found).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
