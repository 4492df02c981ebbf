import { SchedulerRegistry } from '@nestjs/schedule';
import * as fc from 'fast-check';
import { expectNoDeadlock } from '../support/deadlocks';
import { eventually } from '../support/poll';
import { cloneDatabase, type TestDatabase } from '../support/postgres';
import { recount } from '../support/recount';
import { provider, Service } from '../support/service';
import { History } from './history';
import { Listener } from './listener';
import { plan, type Plan } from './plan';
import { faultsOf } from './verdict';
import { type UnsettledTask, Watch } from './watch';

/** How many histories to try; SEED repeats a run that failed. */
const HISTORIES = Number(process.env.HISTORIES ?? 1000);
const SEED = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
/** So many take place side by side, each in a batch of its own. */
const GROUP = 20;
/** For a group, which takes about a second on a quiet machine. */
const GROUP_TIMEOUT_MS = 30_000;

describe('Random graphs with random histories, by several callers on two replicas', () => {
  const histories = new Map<number, History>();
  let begun = 0;
  let listener: Listener;
  let database: TestDatabase;
  let replicas: Service[];
  let watch: Watch;
  beforeAll(async () => {
    listener = await Listener.open(({ history, task, id }) => histories.get(history)!.start(task, id));
    database = await cloneDatabase();
    replicas = [await Service.start({}, database.url), await Service.start({}, database.url)];
    // Nothing crashes here, so whatever rules set aside must come back without the sweep that repairs what a crash left.
    for (const replica of replicas) provider(replica, SchedulerRegistry).deleteInterval('rules-sweep');
    watch = await Watch.over(database.url);
  });
  afterAll(async () => {
    await watch.close();
    for (const replica of replicas) await replica.stop();
    await expectNoDeadlock(database.url);
    await database.drop();
    await listener.close();
  });

  /** Lets histories take place, and follows each to its end. */
  async function play(plans: readonly Plan[]): Promise<History[]> {
    const stage = { replicas, watch, url: (path: string) => listener.url(path) };
    const group = plans.map((one) => new History(begun++, one, stage));
    for (const history of group) histories.set(history.number, history);
    await Promise.all(group.map((history) => history.begin()));
    await eventually(
      async () => {
        const unsettled = await watch.unsettled();
        await recount(watch);
        await Promise.all(group.filter((history) => isQuiet(history, unsettled)).map((one) => drive(one, unsettled)));
        expect(unsettled).toEqual([]);
        expect(group.filter(({ busy }) => busy > 0)).toEqual([]);
        expect((await watch.deliveries()).filter(({ status }) => status === 'queued')).toEqual([]);
      },
      { timeoutMs: GROUP_TIMEOUT_MS },
    );
    return group;
  }

  /** Asserts that all that the contract promises of these histories has come true, and forgets them. */
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
    expect(await watch.leftTheirEnd()).toEqual([]);
    await watch.clear();
    histories.clear();
    listener.notices.clear();
  }

  it(
    `keep every promise, ${HISTORIES} times`,
    async () => {
      const group = fc.array(plan, { minLength: GROUP, maxLength: GROUP });
      await fc.assert(
        fc.asyncProperty(group, async (plans) => judge(await play(plans))),
        // The same plans need not fail twice, for callers race: a smaller example would be one of luck.
        { numRuns: Math.ceil(HISTORIES / GROUP), seed: SEED, endOnFailure: true },
      );
    },
    60_000 + HISTORIES * 200,
  );
});

/** Whether nothing will happen any more unless somebody acts. */
function isQuiet(history: History, unsettled: readonly UnsettledTask[]): boolean {
  const moving = ({ batch_id, status, parked, calling }: UnsettledTask) =>
    batch_id === history.batch && (calling || status === 'Claimed' || (status === 'Pending' && !parked));
  return history.busy === 0 && !unsettled.some(moving);
}

/** Lets everything that runs succeed, and what is held go on. */
async function drive(history: History, unsettled: readonly UnsettledTask[]): Promise<void> {
  const DEED = { Running: 'succeed', Paused: 'resume' } as const;
  const own = unsettled.filter(({ batch_id }) => batch_id === history.batch);
  await Promise.all(
    own.map(async ({ id, status }, index) => {
      const deed = DEED[status as keyof typeof DEED] as 'succeed' | 'resume' | undefined;
      if (deed) await history.step({ deed, offset: history.ids.indexOf(id), replica: index % 2, amount: 0 });
    }),
  );
}
