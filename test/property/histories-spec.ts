import { SchedulerRegistry } from '@nestjs/schedule';
import * as fc from 'fast-check';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { useReplicas } from '../support/replicas';
import { provider } from '../support/service';
import { History } from './history';
import { Listener } from './listener';
import { type Deed, plan, type Plan } from './plan';
import { faultsOf, startsOf } from './verdict';
import { type ActiveTask, Watch } from './watch';

/** How many histories to play; SEED repeats a failed run. */
const HISTORIES = Number(process.env.HISTORIES ?? 60);
const SEED = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
/** Histories that run at the same time, each in a batch of its own. */
const GROUP = 20;
/** Without a change for this long, a task is stuck; no group takes as long as the second value. */
const STANDSTILL_MS = 20_000;
const GROUP_TIMEOUT_MS = 60_000;

describe('Random graphs with random histories, by several callers on two replicas', () => {
  const histories = new Map<number, History>();
  let begun = 0;
  const listener = new Listener(({ history, ...call }) => histories.get(history)!.start(call));
  let watch: Watch;
  afterAll(() => watch.close());
  const replicas = useReplicas();
  afterAll(() => listener.close());
  beforeAll(async () => {
    // Nothing crashes here, so blocked tasks must be unblocked without the sweep that repairs crashes.
    for (const replica of replicas) provider(replica, SchedulerRegistry).deleteInterval('rules-sweep');
    watch = await Watch.over(replicas[0].databaseUrl);
  });

  /** Plays histories at the same time, each to its end. */
  async function play(plans: readonly Plan[]): Promise<History[]> {
    const stage = { replicas, watch, url: (path: string) => listener.url(path) };
    const group = plans.map((one) => new History(begun++, one, stage));
    for (const history of group) histories.set(history.number, history);
    await Promise.all(group.map((history) => history.begin()));
    for (;;) {
      const resting = await eventually(() => restingOf(group), { timeoutMs: STANDSTILL_MS });
      await recount(watch);
      if (resting.length === 0) break;
      await Promise.all(resting.map(({ history, tasks }) => drive(history, tasks)));
    }
    await eventually(async () => {
      const deliveries = await watch.deliveries();
      expect(deliveries.filter(({ status }) => status === 'queued')).toEqual([]);
      // The answer to the start call of an attempt that is over may be recorded last.
      const keys = new Set(deliveries.map(({ key }) => key));
      expect(group.flatMap(startsOf).filter(({ key }) => !keys.has(key))).toEqual([]);
    });
    return group;
  }

  /** Returns histories in which nothing happens by itself, with their tasks; none when all are over. */
  async function restingOf(group: readonly History[]) {
    const active = await watch.active();
    const open = group.map((history) => ({
      history,
      tasks: active.filter(({ batch_id }) => batch_id === history.batch),
    }));
    const resting = open.filter(
      ({ history, tasks }) => history.busy === 0 && !tasks.some(isMoving) && tasks.some((task) => driveOf(task)),
    );
    const unfinished = open.filter(({ history, tasks }) => history.busy > 0 || tasks.length > 0);
    if (resting.length === 0) {
      expect(unfinished.map(({ history: { plan, busy }, tasks }) => ({ plan, busy, tasks }))).toEqual([]);
    }
    return resting;
  }

  /** Asserts everything that the contract promises of these histories, and removes them. */
  async function judge(group: readonly History[]): Promise<void> {
    const [tasks, deliveries] = [await watch.tasks(), await watch.deliveries()];
    const byId = new Map(tasks.map((task) => [task.id, task]));
    for (const history of group) {
      const faults = faultsOf(history, {
        tasks: history.ids.map((id) => byId.get(id)!),
        deliveries: deliveries.filter(({ batch_id }) => batch_id === history.batch),
        notices: listener.notices,
      });
      expect({ faults: [...faults], plan: history.plan }).toEqual({ faults: [], plan: history.plan });
    }
    expect(await watch.changedEnds()).toEqual([]);
  }

  /** Reruns tasks of histories that have ended and adds others, until all have ended again. */
  async function playEncore(group: readonly History[]): Promise<void> {
    const encores = new Map(await Promise.all(group.map(async (one) => [one.batch, await one.beginEncore()] as const)));
    await eventually(
      async () => {
        const active = await watch.active();
        const resting = active.filter((each) => !isMoving(each) && driveOf(each));
        await recount(watch);
        await Promise.all(resting.map((each, n) => encores.get(each.batch_id)!.drive(each, n % 2)));
        expect(active).toEqual([]);
      },
      { timeoutMs: STANDSTILL_MS },
    );
    await eventually(async () => {
      expect((await watch.deliveries()).filter(({ status }) => status === 'queued')).toEqual([]);
    });
    for (const [i, encore] of [...encores.values()].entries()) {
      const faults = await encore.faultsOf(listener.notices);
      expect({ faults, plan: group[i].plan }).toEqual({ faults: [], plan: group[i].plan });
    }
    expect([...listener.notices].filter(([, times]) => times !== 1)).toEqual([]);
    expect(await watch.cycles()).toEqual([]);
    expect(await watch.changedWithoutRerun()).toEqual([]);
  }

  async function clear(): Promise<void> {
    await watch.clear();
    histories.clear();
    listener.notices.clear();
  }

  it(
    `keep every promise, ${HISTORIES} times`,
    async () => {
      const group = fc.array(plan, { minLength: GROUP, maxLength: GROUP }).map(briefly);
      await fc.assert(
        fc.asyncProperty(group, async (plans) => {
          const played = await play(plans);
          await judge(played);
          await playEncore(played);
          await clear();
        }),
        // Callers race, so a failing group need not fail again, and shrinking it would search by luck.
        { numRuns: Math.ceil(HISTORIES / GROUP), seed: SEED, timeout: GROUP_TIMEOUT_MS, endOnFailure: true },
      );
    },
    60_000 + HISTORIES * 400,
  );
});

/** How attempts end that nothing else ends, if others may follow. */
const FAILURES = ['fail', 'silence'] as const;

/** Returns what moves an idle task on. */
function driveOf({ status, later, attempt, hasNext }: ActiveTask): Deed | undefined {
  if (status === 'Running') return hasNext ? FAILURES[attempt % 2] : 'succeed';
  if (status === 'Paused') return 'resume';
  return status === 'Pending' && later ? 'hasten' : undefined;
}

/** Returns whether something will happen to a task by itself. */
const isMoving = ({ status, blocked, calling, later }: ActiveTask): boolean =>
  calling || status === 'Claimed' || (status === 'Pending' && !blocked && !later);

/** Ends everything that runs, resumes what is paused, and hastens what is delayed. */
async function drive(history: History, tasks: readonly ActiveTask[]): Promise<void> {
  const steps = tasks.flatMap((task, index) => {
    const deed = driveOf(task);
    return deed
      ? history.step({ deed, offset: history.ids.indexOf(task.id), replica: index % 2, amount: index % 10 })
      : [];
  });
  await Promise.all(steps);
}

/** Prints only the number of plans; a failure names its plan. */
const briefly = (plans: Plan[]): Plan[] => Object.assign(plans, { [fc.toStringMethod]: () => `${plans.length} plans` });
