import { deliveriesOf } from '../support/deliveries';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { after, task, webhook } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;

interface Problem {
  error: string;
  details: string[];
}

describe('Canceling a task', () => {
  const service = useService(ASLEEP);
  const receiver = useReceiver();
  const START = receiver.url('/start');
  afterEach(() => recount(service));

  let paths = 0;
  const path = () => `/${++paths}`;
  const to = (...names: string[]) => names.map((name) => webhook(receiver.url(name)));
  const keys = (name: string) => receiver.received(name).map(({ headers }) => headers['idempotency-key']);
  const cancel = (id: string) => service.call<Problem>('DELETE', `/task/${id}`);
  const pause = (id: string) => service.call('PATCH', `/task/pause/${id}`);
  const canceled = async (id: string) => {
    const { status, body } = await cancel(id);
    expect({ status, body }).toEqual({ status: 200, body: undefined });
    return service.task(id);
  };
  /** Rules that never admit the task, so that it stays `Pending`. */
  const blocked = {
    rules: [
      { type: 'Concurrency', max_concurrency: 1, matcher: { kind: 'test', status: 'Running', fields: ['missing'] } },
    ],
  };
  /** Starts a task whose receiver answers with cancel actions to these paths. */
  const cancelable = async (stops: string[], rest: object = {}) => {
    const start = path();
    receiver.reply(start, { body: to(...stops) });
    const { a } = await service.create([task('a', receiver.url(start), rest)]);
    await untilRunning(service, a);
    return a;
  };

  describe('that has not started', () => {
    it('ends a pending one, and calls nobody', async () => {
      const [start, notified] = [path(), path()];
      const actions = { on_success: to(notified), on_failure: to(notified) };
      const { a } = await service.create([task('a', receiver.url(start), { ...blocked, ...actions })]);
      expect(await canceled(a)).toMatchObject({
        status: 'Canceled',
        failure_reason: expect.any(String) as string,
        started_at: null,
        ended_at: ISO,
      });
      await allDelivered(service);
      expect([keys(start), keys(notified)]).toEqual([[], []]);
    });

    it('ends a waiting one, and its parents end without it', async () => {
      const [start, notified] = [path(), path()];
      const ids = await service.create([
        task('parent', START),
        task('other', START, after(['parent'])),
        task('child', receiver.url(start), { ...after(['parent']), on_failure: to(notified) }),
      ]);
      await untilRunning(service, ids.parent);
      expect((await canceled(ids.child)).status).toBe('Canceled');
      await service.succeed(ids.parent);
      await untilRunning(service, ids.other);
      await allDelivered(service);
      expect([keys(start), keys(notified)]).toEqual([[], []]);
    });

    it('ends a paused one, and calls nobody', async () => {
      const { a } = await service.create([task('a', START, { ...blocked, on_failure: to('/told-paused') })]);
      await pause(a);
      expect((await canceled(a)).status).toBe('Canceled');
      await allDelivered(service);
      expect(keys('/told-paused')).toEqual([]);
    });
  });

  describe('that is running', () => {
    it('calls the cancel action that the receiver answered the start call with, and no on_failure', async () => {
      const [start, stop, notified] = [path(), path(), path()];
      const params = { verb: 'Put' as const, body: { stop: true }, headers: { 'X-Team': 'shop' } };
      receiver.reply(start, { body: webhook(receiver.url(`${stop}?why=canceled`), params) });
      const { a } = await service.create([
        task('a', receiver.url(start), { on_failure: to(notified), on_success: to(notified) }),
      ]);
      await untilRunning(service, a);
      expect(await canceled(a)).toMatchObject({ status: 'Canceled', started_at: ISO, ended_at: ISO });
      await receiver.waitFor(1, stop);
      await allDelivered(service);
      const [call, ...more] = receiver.received(stop);
      expect(more).toEqual([]);
      expect(call).toMatchObject({ method: 'PUT', body: { stop: true } });
      expect(call.headers).toMatchObject({
        'idempotency-key': `${a}:cancel`,
        'x-task-id': a,
        'x-task-trigger': 'cancel',
        'x-team': 'shop',
      });
      expect([...call.query]).toEqual([
        ['why', 'canceled'],
        ['handle', `${service.url}/task/${a}`],
      ]);
      expect(keys(notified)).toEqual([]);
    });

    it('calls each of several cancel actions under its own key', async () => {
      const [one, two] = [path(), path()];
      const id = await cancelable([one, two, one]);
      await canceled(id);
      await allDelivered(service);
      expect([keys(one).sort(), keys(two)]).toEqual([[`${id}:cancel`, `${id}:cancel:2`], [`${id}:cancel:1`]]);
    });

    it('calls the cancel action of a paused one', async () => {
      const stop = path();
      const id = await cancelable([stop]);
      await pause(id);
      expect((await canceled(id)).status).toBe('Canceled');
      await allDelivered(service);
      expect(keys(stop)).toEqual([`${id}:cancel`]);
    });

    it('ends its reports: they are answered 404', async () => {
      const id = await cancelable([]);
      await canceled(id);
      expect(await service.succeed(id)).toMatchObject({ status: 404, body: { current_status: 'Canceled' } });
      expect(await service.report(id, {})).toMatchObject({ status: 404, body: { current_status: 'Canceled' } });
    });
  });

  describe('whose start call is in flight', () => {
    /** Returns a claimed task; `answer` lets its receiver answer with cancel actions to these paths. */
    const inFlight = async (stops: string[], rest: object = {}, status = 200) => {
      const [start, gate] = [path(), new Gate()];
      receiver.reply(start, { after: gate.opened, status, body: to(...stops) });
      const { a } = await service.create([task('a', receiver.url(start), rest)]);
      await receiver.waitFor(1, start);
      expect((await service.task(a)).status).toBe('Claimed');
      return { id: a, start, answer: gate.open };
    };

    it('calls the cancel action in the answer, after the start result is recorded', async () => {
      const [stop, notified] = [path(), path()];
      const { id, start, answer } = await inFlight([stop, stop], { on_failure: to(notified) });
      expect(await canceled(id)).toMatchObject({ status: 'Canceled', started_at: null });
      expect(await deliveriesOf(service, id)).toMatchObject([{ trigger: 'start', status: 'pending' }]);
      answer();
      await receiver.waitFor(2, stop);
      await allDelivered(service);
      expect(keys(stop).sort()).toEqual([`${id}:cancel`, `${id}:cancel:1`]);
      // The last change comes first.
      expect((await deliveriesOf(service, id)).map(({ trigger, status }) => [trigger, status])).toEqual([
        ['cancel', 'success'],
        ['cancel', 'success'],
        ['start', 'success'],
      ]);
      expect(await service.task(id)).toMatchObject({ status: 'Canceled', started_at: null });
      expect([keys(start), keys(notified)]).toEqual([[`${id}:start`], []]);
    });

    it('calls the cancel action in the answer when the task was paused', async () => {
      const stop = path();
      const { id, answer } = await inFlight([stop]);
      await pause(id);
      await canceled(id);
      answer();
      await receiver.waitFor(1, stop);
      await allDelivered(service);
      expect(keys(stop)).toEqual([`${id}:cancel`]);
    });

    it('calls nothing when the start is refused, and stays canceled', async () => {
      const [stop, notified] = [path(), path()];
      const { id, answer } = await inFlight([stop], { on_failure: to(notified) }, 500);
      const { ended_at, failure_reason } = await canceled(id);
      answer();
      await eventually(async () => expect(await deliveriesOf(service, id)).toMatchObject([{ status: 'failure' }]));
      expect(await service.task(id)).toMatchObject({ status: 'Canceled', ended_at, failure_reason });
      await allDelivered(service);
      expect([keys(stop), keys(notified)]).toEqual([[], []]);
    });
  });

  describe('with descendants', () => {
    it('fails all that required it, names the parent and makes their on_failure calls', async () => {
      const notified = path();
      const tell = { on_failure: to(notified) };
      const ids = await service.create([
        task('top', START, tell),
        task('child', START, { ...after(['top']), ...tell }),
        task('grandchild', START, { ...after(['child']), ...tell }),
        task('both', START, { ...after(['top', 'child']), ...tell }),
      ]);
      await untilRunning(service, ids.top);
      await canceled(ids.top);
      expect(await statesOf(service, ids.batch)).toEqual({
        top: 'Canceled',
        child: 'Failure',
        grandchild: 'Failure',
        both: 'Failure',
      });
      expect((await service.task(ids.child)).failure_reason).toContain(ids.top);
      expect((await service.task(ids.grandchild)).failure_reason).toContain(ids.child);
      await allDelivered(service);
      const failed = [ids.child, ids.grandchild, ids.both];
      expect(keys(notified).sort()).toEqual(failed.map((id) => `${id}:end:failure`).sort());
    });

    it('starts a child that only waited for its end, unless the child waits for more', async () => {
      const ids = await service.create([
        task('top', START),
        task('more', START),
        task('free', START, after([], ['top'])),
        task('waits', START, after(['more'], ['top'])),
      ]);
      await untilRunning(service, ids.top, ids.more);
      await canceled(ids.top);
      await untilRunning(service, ids.free);
      expect((await service.task(ids.waits)).status).toBe('Waiting');
      await service.succeed(ids.more);
      await untilRunning(service, ids.waits);
    });

    it('fails paused dependents too', async () => {
      const ids = await service.create([task('top', START), task('child', START, after(['top']))]);
      await pause(ids.child);
      await canceled(ids.top);
      expect((await service.task(ids.child)).status).toBe('Failure');
    });
  });

  describe('is refused', () => {
    it('with 400 when it has ended, and leaves it unchanged', async () => {
      const [good, bad, gone] = [await cancelable(['/never']), await cancelable(['/never']), await cancelable([])];
      await service.succeed(good);
      await service.fail(bad);
      await canceled(gone);
      for (const id of [good, bad, gone]) {
        const before = await service.task(id);
        const { status, body, headers } = await cancel(id);
        expect([status, headers.get('content-type')]).toEqual([400, expect.stringContaining('problem+json')]);
        expect(body.error).toContain(before.status);
        expect(await service.task(id)).toEqual(before);
      }
      await allDelivered(service);
      expect(receiver.received('/never')).toEqual([]);
    });

    it('with 404 when there is no such task', async () => {
      expect((await cancel(NOBODY)).status).toBe(404);
    });

    it.each(['17', 'null', `${NOBODY}0`, '%20', "x'; --"])('with 400 for the id %j', async (id) => {
      expect((await cancel(id)).status).toBe(400);
    });
  });

  it('succeeds for one of twenty requests at once, and calls the cancel action once', async () => {
    const stop = path();
    const id = await cancelable([stop]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => cancel(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(400)]);
    await allDelivered(service);
    expect(keys(stop)).toEqual([`${id}:cancel`]);
  });
});
