import { useReceiver } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { useReplicas } from '../support/replicas';
import { after, type Service, task, type Task, webhook } from '../support/service';

const ROUNDS = 100;

describe('With two replicas, canceling a task', () => {
  const replicas = useReplicas();
  const receiver = useReceiver();
  afterEach(() => recount(replicas[0]));

  const numbers = Array.from({ length: ROUNDS }, (_, n) => n);
  const cancel = (replica: Service, id: string) => replica.call('DELETE', `/task/${id}`);
  const callsFor = (path: string, id: string) =>
    receiver.received((call) => call.path === path && call.headers['x-task-id'] === id).length;
  /** Creates a running task for each round, with a child that requires it and one that does not. */
  async function rounds(stop: string) {
    const [service] = replicas;
    receiver.reply('/start', { body: webhook(receiver.url(stop)) });
    const ids = await service.create(
      numbers.flatMap((n) => [
        task(`task${n}`, receiver.url('/start'), { on_success: [webhook(receiver.url(`${stop}/success`))] }),
        task(`child${n}`, receiver.url('/child'), after([`task${n}`])),
        task(`free${n}`, receiver.url('/child'), after([], [`task${n}`])),
      ]),
    );
    await untilRunning(service, ...numbers.map((n) => ids[`task${n}`]));
    return numbers.map((n) => ({ id: ids[`task${n}`], child: ids[`child${n}`], free: ids[`free${n}`] }));
  }

  it('while its result is reported lets exactly one of them count', async () => {
    const tasks = await rounds('/stop');
    const outcomes = await Promise.all(
      tasks.map(async ({ id }, n) => {
        const [one, other] = n % 2 ? replicas : [...replicas].reverse();
        // Either request is sent first in half of the rounds.
        const early = n % 4 < 2 ? cancel(one, id) : undefined;
        const [reported, canceled] = await Promise.all([other.succeed(id), early ?? cancel(one, id)]);
        return [canceled.status, reported.status];
      }),
    );
    const [service] = replicas;
    await untilRunning(service, ...tasks.map(({ free }) => free));
    await allDelivered(service);
    for (const [n, { id, child }] of tasks.entries()) {
      const won = outcomes[n][0] === 200;
      expect(outcomes[n]).toEqual(won ? [200, 404] : [400, 200]);
      expect((await service.task(id)).status).toBe(won ? 'Canceled' : 'Success');
      expect((await service.task(child)).status).toMatch(won ? /^Failure$/ : /^(Pending|Claimed|Running)$/);
      expect([callsFor('/stop', id), callsFor('/stop/success', id)]).toEqual(won ? [1, 0] : [0, 1]);
    }
  });

  it('several times at once succeeds exactly once', async () => {
    const tasks = await rounds('/stop-once');
    const outcomes = await Promise.all(
      tasks.map(({ id }) => Promise.all([...replicas, ...replicas].map((replica) => cancel(replica, id)))),
    );
    for (const answers of outcomes) expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
    await allDelivered(replicas[0]);
    for (const { id } of tasks) expect(callsFor('/stop-once', id)).toBe(1);
  });

  it('while it is started calls the cancel action once if its receiver got the work', async () => {
    const [service, other] = replicas;
    receiver.reply('/begin', { body: webhook(receiver.url('/stop-begun')) });
    const created = await Promise.all(
      numbers.map(async (n) => {
        const { a } = await replicas[n % 2].create([task('a', receiver.url('/begin'))]);
        return { id: a, status: (await cancel(n % 3 ? service : other, a)).status };
      }),
    );
    expect(new Set(created.map(({ status }) => status))).toEqual(new Set([200]));
    await allDelivered(service);
    for (const { id } of created) {
      const begun = callsFor('/begin', id);
      expect(begun).toBeLessThanOrEqual(1);
      await receiver.waitFor(begun, (call) => call.path === '/stop-begun' && call.headers['x-task-id'] === id);
    }
    await allDelivered(service);
    for (const { id } of created) expect(callsFor('/stop-begun', id)).toBe(callsFor('/begin', id));
  });

  it('while its parent fails ends it once, and calls on_failure only if it failed', async () => {
    const [service, other] = replicas;
    const ids = await service.create(
      numbers.flatMap((n) => [
        task(`top${n}`, receiver.url('/top')),
        task(`child${n}`, receiver.url('/top'), {
          ...after([`top${n}`]),
          on_failure: [webhook(receiver.url('/cascade'))],
        }),
      ]),
    );
    await untilRunning(service, ...numbers.map((n) => ids[`top${n}`]));
    const answers = await Promise.all(
      numbers.map((n) => Promise.all([cancel(other, ids[`child${n}`]), service.fail(ids[`top${n}`])])),
    );
    await allDelivered(service);
    for (const [n, [canceled]] of answers.entries()) {
      const child: Task = await service.task(ids[`child${n}`]);
      expect([canceled.status, child.status]).toEqual(
        child.status === 'Canceled' ? [200, 'Canceled'] : [400, 'Failure'],
      );
      expect(callsFor('/cascade', child.id)).toBe(child.status === 'Failure' ? 1 : 0);
    }
  });
});
