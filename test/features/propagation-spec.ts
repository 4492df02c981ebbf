import type { TaskStatus } from '../../src/domain/task-status';
import { useReceiver, useService } from '../support/fixture';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { after, task, webhook } from '../support/service';

describe('Propagation', () => {
  const receiver = useReceiver();
  const service = useService();
  const START = receiver.url('/start');
  afterEach(() => recount(service));

  const startsOf = (id: string) =>
    receiver.received(({ path, headers }) => path === '/start' && headers['x-task-id'] === id);
  const callsTo = (path: string) => receiver.received(path).length;
  const told = (path: string) => [webhook(receiver.url(path))];
  const states = (batch: string, expected: Record<string, TaskStatus>) =>
    eventually(async () => expect(await statesOf(service, batch)).toEqual(expected));
  const range = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);

  describe('of success', () => {
    it('runs a chain one task after the other', async () => {
      const ids = await service.create([
        task('a', START),
        task('b', START, after(['a'])),
        task('c', START, after([], ['b'])),
      ]);
      await states(ids.batch, { a: 'Running', b: 'Waiting', c: 'Waiting' });
      await service.succeed(ids.a);
      await states(ids.batch, { a: 'Success', b: 'Running', c: 'Waiting' });
      expect(startsOf(ids.c)).toEqual([]);
      await service.succeed(ids.b);
      await states(ids.batch, { a: 'Success', b: 'Success', c: 'Running' });
      expect([ids.a, ids.b, ids.c].map((id) => startsOf(id).length)).toEqual([1, 1, 1]);
    });

    it('starts the end of a diamond when both sides have succeeded', async () => {
      const ids = await service.create([
        task('a', START),
        task('b', START, after(['a'])),
        task('c', START, after(['a'])),
        task('d', START, after(['b', 'c'])),
      ]);
      await untilRunning(service, ids.a);
      await service.succeed(ids.a);
      await untilRunning(service, ids.b, ids.c);
      await service.succeed(ids.b);
      await states(ids.batch, { a: 'Success', b: 'Success', c: 'Running', d: 'Waiting' });
      await service.succeed(ids.c);
      await states(ids.batch, { a: 'Success', b: 'Success', c: 'Success', d: 'Running' });
    });

    it('starts a thousand children, and then their common child', async () => {
      const middle = range(1000);
      const ids = await service.create([
        task('first', START),
        ...middle.map((id) => task(id, START, after(['first']))),
        task('last', START, after(middle)),
      ]);
      await untilRunning(service, ids.first);
      await service.succeed(ids.first);
      const all = middle.map((id) => ids[id]);
      await untilRunning(service, ...all);
      const answers = await Promise.all(all.slice(1).map((id) => service.succeed(id)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await service.task(ids.last)).status).toBe('Waiting');
      await service.succeed(all[0]);
      await untilRunning(service, ids.last);
      const starts = receiver.received('/start').map(({ headers }) => headers['x-task-id'] as string);
      const mine = starts.filter((id) => all.includes(id) || id === ids.last);
      expect([mine.length, new Set(mine).size]).toEqual([1001, 1001]);
    });
  });

  describe('of failure', () => {
    it('fails all tasks that required the failed one, and names the parent at each step', async () => {
      const ids = await service.create([
        task('a', START),
        task('b', START, after(['a'])),
        task('c', START, after(['b'])),
        task('d', START, { ...after(['c']), on_failure: told('/end-of-chain') }),
        task('other', START),
      ]);
      await untilRunning(service, ids.a, ids.other);
      await service.fail(ids.a);
      expect(await statesOf(service, ids.batch)).toEqual({
        a: 'Failure',
        b: 'Failure',
        c: 'Failure',
        d: 'Failure',
        other: 'Running',
      });
      for (const [child, parent] of [
        ['b', 'a'],
        ['c', 'b'],
        ['d', 'c'],
      ]) {
        const { failure_reason, started_at, ended_at } = await service.task(ids[child]);
        expect([failure_reason, started_at]).toEqual([expect.stringContaining(ids[parent]), null]);
        expect(ended_at).not.toBeNull();
      }
      await allDelivered(service);
      expect(callsTo('/end-of-chain')).toBe(1);
      expect([ids.b, ids.c, ids.d].flatMap(startsOf)).toEqual([]);
    });

    it('calls on_failure of every failed descendant, each with its own key', async () => {
      const path = '/cascade';
      const ids = await service.create([
        task('a', START, { on_failure: told(path) }),
        task('b', START, { ...after(['a']), on_failure: told(path), on_success: told('/not-cascade') }),
        task('c', START, { ...after(['b']), on_failure: [...told(path), ...told(path)] }),
      ]);
      await untilRunning(service, ids.a);
      await service.fail(ids.a);
      await allDelivered(service);
      const keys = receiver.received(path).map(({ headers }) => headers['idempotency-key'] as string);
      const { a, b, c } = ids;
      expect(keys.sort()).toEqual(
        [`${a}:end:failure`, `${b}:end:failure`, `${c}:end:failure`, `${c}:end:failure:1`].sort(),
      );
      expect(callsTo('/not-cascade')).toBe(0);
    });

    it('fails a child once that several paths lead to', async () => {
      const ids = await service.create([
        task('a', START),
        task('b', START, after(['a'])),
        task('c', START, after(['a'])),
        task('d', START, { ...after(['a', 'b', 'c']), on_failure: told('/several-paths') }),
      ]);
      await untilRunning(service, ids.a);
      await service.fail(ids.a);
      await allDelivered(service);
      expect(await statesOf(service, ids.batch)).toEqual({ a: 'Failure', b: 'Failure', c: 'Failure', d: 'Failure' });
      expect(callsTo('/several-paths')).toBe(1);
    });

    it('through one side of a diamond leaves the other side running if a task waits for it', async () => {
      const ids = await service.create([
        task('a', START),
        task('b', START, after(['a'])),
        task('c', START, after(['a'])),
        task('d', START, after(['b', 'c'])),
        task('e', START, after(['c'], ['d'])),
      ]);
      await untilRunning(service, ids.a);
      await service.succeed(ids.a);
      await untilRunning(service, ids.b, ids.c);
      await service.fail(ids.b);
      expect(await statesOf(service, ids.batch)).toEqual({
        a: 'Success',
        b: 'Failure',
        c: 'Running',
        d: 'Failure',
        e: 'Waiting',
      });
      await service.succeed(ids.c);
      await states(ids.batch, { a: 'Success', b: 'Failure', c: 'Success', d: 'Failure', e: 'Running' });
    });

    it('follows a refused start call', async () => {
      receiver.reply('/refuses', { status: 503 });
      const { batch, b } = await service.create([task('a', receiver.url('/refuses')), task('b', START, after(['a']))]);
      await states(batch, { a: 'Failure', b: 'Failure' });
      expect(startsOf(b)).toEqual([]);
    });

    it('follows a cancellation', async () => {
      const ids = await service.create([
        task('a', START, { on_failure: told('/canceled') }),
        task('b', START, { ...after(['a']), on_failure: told('/fell-with-canceled') }),
        task('c', START, after([], ['a'])),
      ]);
      await untilRunning(service, ids.a);
      expect((await service.call('DELETE', `/task/${ids.a}`)).status).toBe(200);
      await states(ids.batch, { a: 'Canceled', b: 'Failure', c: 'Running' });
      expect((await service.task(ids.b)).failure_reason).toContain(ids.a);
      await allDelivered(service);
      expect([callsTo('/canceled'), callsTo('/fell-with-canceled')]).toEqual([0, 1]);
    });

    it('reaches the end of a chain of a thousand tasks', async () => {
      const chain = range(1000);
      const ids = await service.create(
        chain.map((id, i) => task(id, START, i > 0 ? after([chain[i - 1]]) : { on_success: told('/not-chain') })),
      );
      await untilRunning(service, ids.n0);
      expect((await service.fail(ids.n0)).status).toBe(200);
      expect(new Set(Object.values(await statesOf(service, ids.batch)))).toEqual(new Set(['Failure']));
      expect((await service.task(ids.n999)).failure_reason).toContain(ids.n998);
    });

    it('fails a thousand children', async () => {
      const children = range(1000);
      const ids = await service.create([
        task('a', START),
        ...children.map((id) => task(id, START, { ...after(['a']), on_failure: told('/wide') })),
      ]);
      await untilRunning(service, ids.a);
      await service.fail(ids.a);
      expect(new Set(Object.values(await statesOf(service, ids.batch)))).toEqual(new Set(['Failure']));
      await allDelivered(service);
      const keys = receiver.received('/wide').map(({ headers }) => headers['idempotency-key']);
      expect([keys.length, new Set(keys).size]).toEqual([1000, 1000]);
    });
  });

  describe('over optional links', () => {
    it('starts the child, however its parents ended', async () => {
      const ids = await service.create([
        task('good', START),
        task('bad', START),
        task('canceled', START),
        task('child', START, after([], ['good', 'bad', 'canceled'])),
      ]);
      await untilRunning(service, ids.good, ids.bad, ids.canceled);
      await service.fail(ids.bad);
      await service.call('DELETE', `/task/${ids.canceled}`);
      expect((await service.task(ids.child)).status).toBe('Waiting');
      await service.succeed(ids.good);
      await states(ids.batch, { good: 'Success', bad: 'Failure', canceled: 'Canceled', child: 'Running' });
    });

    it('starts the child of a failed descendant', async () => {
      const ids = await service.create([
        task('a', START),
        task('b', START, after(['a'])),
        task('cleanup', START, after([], ['b'])),
      ]);
      await untilRunning(service, ids.a);
      await service.fail(ids.a);
      await states(ids.batch, { a: 'Failure', b: 'Failure', cleanup: 'Running' });
    });

    it('does not save a child whose required parent fails', async () => {
      const ids = await service.create([task('a', START), task('b', START), task('c', START, after(['a'], ['b']))]);
      await untilRunning(service, ids.a, ids.b);
      await service.fail(ids.b);
      expect((await service.task(ids.c)).status).toBe('Waiting');
      await service.fail(ids.a);
      expect(await service.task(ids.c)).toMatchObject({
        status: 'Failure',
        failure_reason: expect.stringContaining(ids.a) as string,
      });
    });

    it('counts each of several parents that fail at once', async () => {
      const parents = range(20);
      const ids = await service.create([
        task('root', START),
        ...parents.map((id) => task(id, START, after(['root']))),
        task('child', START, after([], parents)),
      ]);
      await untilRunning(service, ids.root);
      await service.fail(ids.root);
      await untilRunning(service, ids.child);
      expect(startsOf(ids.child)).toHaveLength(1);
    });
  });
});
