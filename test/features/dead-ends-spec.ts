import { startService, useReceiver, useService } from '../support/fixture';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { after, task, webhook } from '../support/service';

const REASON = 'All child tasks already terminated';

describe('Dead ends', () => {
  const receiver = useReceiver();
  const START = receiver.url('/start');

  const to = (path: string) => [webhook(receiver.url(path))];
  const of = (id: string, parents: string[] = [], rest: object = {}) =>
    task(id, START, { ...(parents.length > 0 && after(parents)), ...rest });

  describe('are canceled', () => {
    const service = useService();
    afterEach(() => recount(service));

    /** Creates a task `bad` and these, waits until those without parents run, and lets `bad` fail. */
    async function failBad(...others: { id: string; dependencies?: unknown }[]) {
      const tasks: typeof others = [of('bad'), ...others];
      const ids = await service.create(tasks);
      await untilRunning(service, ...tasks.filter((each) => !each.dependencies).map(({ id }) => ids[id]));
      expect((await service.fail(ids.bad)).status).toBe(200);
      return { ids, states: await statesOf(service, ids.batch) };
    }

    test('when the only child of a running parent fails by the cascade', async () => {
      const { ids, states } = await failBad(of('parent'), of('child', ['parent', 'bad']));
      expect(states).toEqual({ parent: 'Canceled', bad: 'Failure', child: 'Failure' });
      expect(await service.task(ids.parent)).toMatchObject({
        failure_reason: REASON,
        ended_at: expect.any(String) as string,
      });
    });

    test('when the child does not require the parent', async () => {
      const { states } = await failBad(of('parent'), task('child', START, after(['bad'], ['parent'])));
      expect(states).toEqual({ parent: 'Canceled', bad: 'Failure', child: 'Failure' });
    });

    test('through a thousand levels of ancestors', async () => {
      const chain = Array.from({ length: 1000 }, (_, i) => task(`c${i}`, START, i ? after([`c${i - 1}`]) : {}));
      const last = of('last', ['c999', 'bad']);
      const { states } = await failBad(...chain, last);
      const { bad, last: failed, ...above } = states;
      expect([bad, failed]).toEqual(['Failure', 'Failure']);
      expect(new Set(Object.values(above))).toEqual(new Set(['Canceled']));
    });

    test('at every level of the graph', async () => {
      const { ids, states } = await failBad(of('a'), of('b', ['a']), of('c', ['b']), of('d', ['c', 'bad']));
      expect(states).toEqual({ a: 'Canceled', b: 'Canceled', c: 'Canceled', bad: 'Failure', d: 'Failure' });
      for (const id of [ids.a, ids.b, ids.c]) expect((await service.task(id)).failure_reason).toBe(REASON);
    });

    test('once when they are several parents of one child and share a parent', async () => {
      const { ids, states } = await failBad(
        of('top', [], { on_failure: to('/top') }),
        of('left', ['top']),
        of('right', ['top']),
        of('child', ['left', 'right', 'bad']),
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

    test('only when no other child is left to run', async () => {
      const { ids, states } = await failBad(of('parent'), of('lost', ['parent', 'bad']), of('kept', ['parent']));
      expect(states).toEqual({ parent: 'Running', bad: 'Failure', lost: 'Failure', kept: 'Waiting' });
      await service.succeed(ids.parent);
      await untilRunning(service, ids.kept);
    });

    test('when the last of their children ends', async () => {
      const { ids, states } = await failBad(
        of('parent'),
        of('worse'),
        of('one', ['parent', 'bad']),
        of('two', ['parent', 'worse']),
      );
      expect(states.parent).toBe('Running');
      await service.fail(ids.worse);
      expect((await service.task(ids.parent)).status).toBe('Canceled');
    });

    test('when a client cancels their child', async () => {
      const ids = await service.create([of('parent'), of('child', ['parent'])]);
      await untilRunning(service, ids.parent);
      expect((await service.call('DELETE', `/task/${ids.child}`)).status).toBe(200);
      expect(await statesOf(service, ids.batch)).toEqual({ parent: 'Canceled', child: 'Canceled' });
      expect((await service.task(ids.parent)).failure_reason).toBe(REASON);
    });

    test('when the same end has just made them Pending', async () => {
      const { ids, states } = await failBad(task('middle', START, after([], ['bad'])), of('end', ['bad', 'middle']));
      expect(states).toEqual({ bad: 'Failure', middle: 'Canceled', end: 'Failure' });
      expect((await service.task(ids.middle)).started_at).toBeNull();
    });

    test('when they are paused', async () => {
      const ids = await service.create([of('parent'), of('bad'), of('child', ['parent', 'bad'])]);
      await untilRunning(service, ids.parent, ids.bad);
      await service.call('PATCH', `/task/pause/${ids.parent}`);
      await service.fail(ids.bad);
      expect((await service.task(ids.parent)).status).toBe('Canceled');
    });

    test('unless they have no children or have ended', async () => {
      const ids = await service.create([of('done'), of('bad'), of('leaf'), of('child', ['done', 'bad'])]);
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

    describe('up to a barrier', () => {
      const barrier = { dead_end_barrier: true };

      test('that is itself a dead end and stops the climb', async () => {
        const { ids, states } = await failBad(of('a'), of('barrier', ['a'], barrier), of('child', ['barrier', 'bad']));
        expect(states).toEqual({ a: 'Running', barrier: 'Canceled', bad: 'Failure', child: 'Failure' });
        expect((await service.task(ids.barrier)).failure_reason).toBe(REASON);
      });

      test('that fails and does not stop the climb', async () => {
        const { states } = await failBad(of('a'), of('barrier', ['a', 'bad'], barrier));
        expect(states).toEqual({ a: 'Canceled', bad: 'Failure', barrier: 'Failure' });
      });

      test('that a client cancels and does not stop the climb', async () => {
        const ids = await service.create([of('a'), of('barrier', ['a'], barrier)]);
        await untilRunning(service, ids.a);
        await service.call('DELETE', `/task/${ids.barrier}`);
        expect(await statesOf(service, ids.batch)).toEqual({ a: 'Canceled', barrier: 'Canceled' });
      });

      test('that does not protect a parent which lost another child by the same end', async () => {
        const { states } = await failBad(
          of('a'),
          of('barrier', ['a'], barrier),
          of('child', ['barrier', 'bad']),
          of('other', ['a', 'bad']),
        );
        expect(states).toEqual({
          a: 'Canceled',
          barrier: 'Canceled',
          bad: 'Failure',
          child: 'Failure',
          other: 'Failure',
        });
      });

      test('that stops only the climb through itself', async () => {
        const { states } = await failBad(
          of('a'),
          of('b'),
          of('barrier', ['a'], barrier),
          of('plain', ['b']),
          of('child', ['barrier', 'plain', 'bad']),
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

    test('with their cancel actions and the on_failure calls of the cascade', async () => {
      receiver.reply('/cancelable', { body: webhook(receiver.url('/stop'), { body: { stop: true } }) });
      const { ids } = await failBad(
        task('parent', receiver.url('/cancelable'), { on_failure: to('/sorry'), on_success: to('/hooray') }),
        of('between', ['parent'], { on_failure: to('/sorry') }),
        of('child', ['between', 'bad']),
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

    test('while their start call is in flight, and their cancel action follows its return', async () => {
      let answer!: () => void;
      const returned = new Promise<void>((resolve) => (answer = resolve));
      receiver.reply('/in-flight', { after: returned, body: [webhook(receiver.url('/stop-late'))] });
      const ids = await service.create([
        task('parent', receiver.url('/in-flight'), { on_failure: to('/sorry-late') }),
        of('bad'),
        of('child', ['parent', 'bad']),
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

  test('are not canceled with DEAD_END_CANCEL_ENABLED=0', async () => {
    const service = await startService({ DEAD_END_CANCEL_ENABLED: '0' });
    const ids = await service.create([of('parent'), of('bad'), of('child', ['parent', 'bad'])]);
    await untilRunning(service, ids.parent, ids.bad);
    await service.fail(ids.bad);
    expect(await statesOf(service, ids.batch)).toEqual({ parent: 'Running', bad: 'Failure', child: 'Failure' });
    expect((await service.succeed(ids.parent)).status).toBe(200);
    await recount(service, { deadEnds: false });
  });
});
