import { useReceiver } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { useReplicas } from '../support/replicas';
import { after, task, webhook } from '../support/service';

describe('Propagation through two replicas', () => {
  const [service, second] = useReplicas();
  const receiver = useReceiver();
  const START = receiver.url('/start');
  afterEach(() => recount(service));

  const startsOf = (id: string) =>
    receiver.received(({ path, headers }) => path === '/start' && headers['x-task-id'] === id);
  const told = (path: string) => [webhook(receiver.url(path))];
  const range = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);

  it.each([
    ['all succeed', () => true],
    ['some fail, and the links are optional', (i: number) => i % 3 > 0],
  ])('starts a child of fifty parents once when they end at the same moment: %s', async (_, succeeds) => {
    for (let round = 0; round < 3; round++) {
      const parents = range(50);
      const ids = await service.create([
        ...parents.map((id) => task(id, START)),
        task('child', START, succeeds(0) ? after(parents) : after([], parents)),
      ]);
      const all = parents.map((id) => ids[id]);
      await untilRunning(service, ...all);
      const answers = await Promise.all(
        all.map((id, i) => {
          const replica = i % 2 ? service : second;
          return succeeds(i) ? replica.succeed(id) : replica.fail(id);
        }),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      await untilRunning(service, ids.child);
      expect(startsOf(ids.child)).toHaveLength(1);
      await recount(service);
    }
  });

  it('fails a child of fifty parents once when half of them fail at the same moment', async () => {
    const parents = range(50);
    const ids = await service.create([
      ...parents.map((id) => task(id, START)),
      task('child', START, { ...after(parents), on_failure: told('/half') }),
      task('grandchild', START, { ...after(['child']), on_failure: told('/half') }),
    ]);
    const all = parents.map((id) => ids[id]);
    await untilRunning(service, ...all);
    const answers = await Promise.all(
      all.map((id, i) => (i % 4 < 2 ? (i % 2 ? service : second).fail(id) : (i % 2 ? service : second).succeed(id))),
    );
    // A parent may become a dead end before its own report arrives, as the child has ended.
    for (const { status } of answers) expect([200, 404]).toContain(status);
    await allDelivered(service);
    expect((await service.task(ids.child)).status).toBe('Failure');
    expect([receiver.received('/half').length, startsOf(ids.child).length]).toEqual([2, 0]);
  });
});
