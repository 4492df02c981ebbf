import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { Receiver } from '../support/receiver';
import { recount } from '../support/recount';
import { after, Service, task, webhook } from '../support/service';

const REASON = 'All child tasks already terminated';

describe('Dead ends', () => {
  let receiver: Receiver;
  let START: string;
  beforeAll(async () => {
    receiver = await Receiver.start();
    START = receiver.url('/start');
  });
  afterAll(() => receiver.close());

  const told = (path: string) => [webhook(receiver.url(path))];

  describe('are canceled:', () => {
    let service: Service;
    beforeAll(async () => (service = await Service.start()));
    afterAll(() => service.stop());
    afterEach(() => recount(service));

    /** Creates the tasks, waits until those without dependencies run, and lets `failing` fail. */
    async function failIn(tasks: { id: string; dependencies?: unknown }[], failing: string) {
      const ids = await service.create(tasks);
      await untilRunning(service, ...tasks.filter((each) => !each.dependencies).map(({ id }) => ids[id]));
      expect((await service.fail(ids[failing])).status).toBe(200);
      return { ids, states: await statesOf(service, ids.batch) };
    }

    test('a running parent whose only child has fallen with another', async () => {
      const { ids, states } = await failIn(
        [task('parent', START), task('bad', START), task('child', START, after(['parent', 'bad']))],
        'bad',
      );
      expect(states).toEqual({ parent: 'Canceled', bad: 'Failure', child: 'Failure' });
      expect(await service.task(ids.parent)).toMatchObject({
        failure_reason: REASON,
        ended_at: expect.any(String) as string,
      });
    });

    test('a parent that is only optional to the child', async () => {
      const { states } = await failIn(
        [task('parent', START), task('bad', START), task('child', START, after(['bad'], ['parent']))],
        'bad',
      );
      expect(states).toEqual({ parent: 'Canceled', bad: 'Failure', child: 'Failure' });
    });

    test('a thousand levels of ancestors, one above the other', async () => {
      const chain = Array.from({ length: 1000 }, (_, i) => task(`c${i}`, START, i ? after([`c${i - 1}`]) : {}));
      const last = task('last', START, after(['c999', 'bad']));
      const { states } = await failIn([...chain, task('bad', START), last], 'bad');
      const { bad, last: fallen, ...above } = states;
      expect([bad, fallen]).toEqual(['Failure', 'Failure']);
      expect(new Set(Object.values(above))).toEqual(new Set(['Canceled']));
    });

    test('ancestors of every level', async () => {
      const { ids, states } = await failIn(
        [
          task('a', START),
          task('b', START, after(['a'])),
          task('c', START, after(['b'])),
          task('bad', START),
          task('d', START, after(['c', 'bad'])),
        ],
        'bad',
      );
      expect(states).toEqual({ a: 'Canceled', b: 'Canceled', c: 'Canceled', bad: 'Failure', d: 'Failure' });
      for (const id of [ids.a, ids.b, ids.c]) expect((await service.task(id)).failure_reason).toBe(REASON);
    });

    test('several parents of one child, and the parent that those share, once', async () => {
      const { ids, states } = await failIn(
        [
          task('top', START, { on_failure: told('/top') }),
          task('left', START, after(['top'])),
          task('right', START, after(['top'])),
          task('bad', START),
          task('child', START, after(['left', 'right', 'bad'])),
        ],
        'bad',
      );
      expect(states).toEqual({
        top: 'Canceled',
        left: 'Canceled',
        right: 'Canceled',
        bad: 'Failure',
        child: 'Failure',
      });
      await allDelivered(service);
      expect(receiver.received('/top').map(({ headers }) => headers['idempotency-key'])).toEqual([
        `${ids.top}:end:failure`,
      ]);
    });

    test('but no parent that has another child to run for', async () => {
      const { ids, states } = await failIn(
        [
          task('parent', START),
          task('bad', START),
          task('lost', START, after(['parent', 'bad'])),
          task('kept', START, after(['parent'])),
        ],
        'bad',
      );
      expect(states).toEqual({ parent: 'Running', bad: 'Failure', lost: 'Failure', kept: 'Waiting' });
      await service.succeed(ids.parent);
      await untilRunning(service, ids.kept);
    });

    test('a parent when the last of its children is lost', async () => {
      const { ids, states } = await failIn(
        [
          task('parent', START),
          task('bad', START),
          task('worse', START),
          task('one', START, after(['parent', 'bad'])),
          task('two', START, after(['parent', 'worse'])),
        ],
        'bad',
      );
      expect(states.parent).toBe('Running');
      await service.fail(ids.worse);
      expect((await service.task(ids.parent)).status).toBe('Canceled');
    });

    test('a parent when its child is canceled by a person', async () => {
      const ids = await service.create([task('parent', START), task('child', START, after(['parent']))]);
      await untilRunning(service, ids.parent);
      expect((await service.call('DELETE', `/task/${ids.child}`)).status).toBe(200);
      expect(await statesOf(service, ids.batch)).toEqual({ parent: 'Canceled', child: 'Canceled' });
      expect((await service.task(ids.parent)).failure_reason).toBe(REASON);
    });

    test('a parent that the same end has just set free', async () => {
      const { ids, states } = await failIn(
        [task('bad', START), task('middle', START, after([], ['bad'])), task('end', START, after(['bad', 'middle']))],
        'bad',
      );
      expect(states).toEqual({ bad: 'Failure', middle: 'Canceled', end: 'Failure' });
      expect((await service.task(ids.middle)).started_at).toBeNull();
    });

    test('a paused parent', async () => {
      const ids = await service.create([
        task('parent', START),
        task('bad', START),
        task('child', START, after(['parent', 'bad'])),
      ]);
      await untilRunning(service, ids.parent, ids.bad);
      await service.call('PATCH', `/task/pause/${ids.parent}`);
      await service.fail(ids.bad);
      expect((await service.task(ids.parent)).status).toBe('Canceled');
    });

    test('but never leaves, nor parents that have ended', async () => {
      const ids = await service.create([
        task('done', START),
        task('bad', START),
        task('leaf', START),
        task('child', START, after(['done', 'bad'])),
      ]);
      await untilRunning(service, ids.done, ids.bad, ids.leaf);
      await service.succeed(ids.done);
      await service.fail(ids.bad);
      expect(await statesOf(service, ids.batch)).toEqual({
        done: 'Success',
        bad: 'Failure',
        leaf: 'Running',
        child: 'Failure',
      });
    });

    describe('a barrier', () => {
      const barrier = { dead_end_barrier: true };

      test('that is canceled so stops the climb', async () => {
        const { ids, states } = await failIn(
          [
            task('a', START),
            task('barrier', START, { ...after(['a']), ...barrier }),
            task('bad', START),
            task('child', START, after(['barrier', 'bad'])),
          ],
          'bad',
        );
        expect(states).toEqual({ a: 'Running', barrier: 'Canceled', bad: 'Failure', child: 'Failure' });
        expect((await service.task(ids.barrier)).failure_reason).toBe(REASON);
      });

      test('that fails does not', async () => {
        const { states } = await failIn(
          [task('a', START), task('bad', START), task('barrier', START, { ...after(['a', 'bad']), ...barrier })],
          'bad',
        );
        expect(states).toEqual({ a: 'Canceled', bad: 'Failure', barrier: 'Failure' });
      });

      test('that a person cancels does not', async () => {
        const ids = await service.create([task('a', START), task('barrier', START, { ...after(['a']), ...barrier })]);
        await untilRunning(service, ids.a);
        await service.call('DELETE', `/task/${ids.barrier}`);
        expect(await statesOf(service, ids.batch)).toEqual({ a: 'Canceled', barrier: 'Canceled' });
      });

      test('is no help to a parent that lost another child by the same end', async () => {
        const { states } = await failIn(
          [
            task('a', START),
            task('barrier', START, { ...after(['a']), ...barrier }),
            task('bad', START),
            task('child', START, after(['barrier', 'bad'])),
            task('other', START, after(['a', 'bad'])),
          ],
          'bad',
        );
        expect(states).toEqual({
          a: 'Canceled',
          barrier: 'Canceled',
          bad: 'Failure',
          child: 'Failure',
          other: 'Failure',
        });
      });

      test('stops only the climb that goes through it', async () => {
        const { states } = await failIn(
          [
            task('a', START),
            task('b', START),
            task('barrier', START, { ...after(['a']), ...barrier }),
            task('plain', START, after(['b'])),
            task('bad', START),
            task('child', START, after(['barrier', 'plain', 'bad'])),
          ],
          'bad',
        );
        expect(states).toEqual({
          a: 'Running',
          b: 'Canceled',
          barrier: 'Canceled',
          plain: 'Canceled',
          bad: 'Failure',
          child: 'Failure',
        });
      });
    });

    test('and those who do the work, and those who asked, are told', async () => {
      receiver.reply('/cancelable', { body: webhook(receiver.url('/stop'), { body: { stop: true } }) });
      const { ids } = await failIn(
        [
          task('parent', receiver.url('/cancelable'), { on_failure: told('/sorry'), on_success: told('/hooray') }),
          task('bad', START),
          task('between', START, { ...after(['parent']), on_failure: told('/sorry') }),
          task('child', START, after(['between', 'bad'])),
        ],
        'bad',
      );
      await allDelivered(service);
      const [stop, ...more] = receiver.received('/stop');
      expect(more).toEqual([]);
      expect(stop.body).toEqual({ stop: true });
      expect(stop.headers).toMatchObject({
        'idempotency-key': `${ids.parent}:cancel`,
        'x-task-id': ids.parent,
        'x-task-trigger': 'cancel',
      });
      const sorry = receiver.received('/sorry');
      expect(sorry.map(({ headers }) => headers['idempotency-key']).sort()).toEqual(
        [`${ids.parent}:end:failure`, `${ids.between}:end:failure`].sort(),
      );
      expect(new Set(sorry.map(({ headers }) => headers['x-task-trigger']))).toEqual(new Set(['end']));
      expect(receiver.received('/hooray')).toEqual([]);
    });

    test('while the start call is in flight, and told when it has returned', async () => {
      let answer!: () => void;
      const returned = new Promise<void>((resolve) => (answer = resolve));
      receiver.reply('/in-flight', { after: returned, body: [webhook(receiver.url('/stop-late'))] });
      const ids = await service.create([
        task('parent', receiver.url('/in-flight'), { on_failure: told('/sorry-late') }),
        task('bad', START),
        task('child', START, after(['parent', 'bad'])),
      ]);
      await receiver.waitFor(1, '/in-flight');
      await untilRunning(service, ids.bad);
      await service.fail(ids.bad);
      expect((await service.task(ids.parent)).status).toBe('Canceled');
      expect(receiver.received('/sorry-late')).toEqual([]);
      answer();
      await receiver.waitFor(1, '/stop-late');
      await receiver.waitFor(1, '/sorry-late');
      await allDelivered(service);
      expect([receiver.received('/stop-late').length, receiver.received('/sorry-late').length]).toEqual([1, 1]);
      expect((await service.task(ids.parent)).status).toBe('Canceled');
    });
  });

  test('are left alone with DEAD_END_CANCEL_ENABLED=0', async () => {
    const service = await Service.start({ DEAD_END_CANCEL_ENABLED: '0' });
    const ids = await service.create([
      task('parent', START),
      task('bad', START),
      task('child', START, after(['parent', 'bad'])),
    ]);
    await untilRunning(service, ids.parent, ids.bad);
    await service.fail(ids.bad);
    expect(await statesOf(service, ids.batch)).toEqual({ parent: 'Running', bad: 'Failure', child: 'Failure' });
    expect((await service.succeed(ids.parent)).status).toBe(200);
    await recount(service, { deadEnds: false });
    await service.stop();
  });
});
