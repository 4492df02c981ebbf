import { randomUUID } from 'node:crypto';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { OpenStarts } from '../../src/task/start/open-starts';
import { StartLoop } from '../../src/task/claiming/start.loop';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { deliveriesOf } from '../support/deliveries';
import { ASLEEP, startReplica, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import type { Reply } from '../support/receiver';
import { age, loseWorker, makeDue } from '../support/rows';
import { provider, task, webhook } from '../support/service';

describe('An idempotency key', () => {
  const service = useService({
    ...ASLEEP,
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1000',
  });
  const receiver = useReceiver();

  let paths = 0;
  const path = () => `/${++paths}`;
  const to = (...names: string[]) => names.map((name) => webhook(receiver.url(name)));
  const keys = (...names: string[]) =>
    names.flatMap((name) => receiver.received(name).map(({ headers }) => headers['idempotency-key']));
  const start = () => provider(service, StartLoop).runOnce();
  const requeue = () => provider(service, StaleClaimsLoop).runOnce();
  const deliver = () => provider(service, DeliveryLoop).runOnce();
  const statusOf = async (id: string) => (await service.task(id)).status;
  /** Returns a task whose start call is in flight until `answer`. */
  const inFlight = async (...replies: Exclude<Reply, string>[]) => {
    const [name, gate] = [path(), new Gate()];
    const [first = {}, ...others] = replies;
    receiver.reply(name, { ...first, after: gate.opened }, ...others);
    const { a } = await service.create([task('a', receiver.url(name))]);
    await receiver.waitFor(1, name);
    return { id: a, name, answer: gate.open };
  };
  const callsEnd = () => eventually(() => expect(provider(service, OpenStarts).taskIds).toEqual([]));

  describe('of a start call', () => {
    it('is sent once, whatever happens to the worker after the result is recorded', async () => {
      const { id, name, answer } = await inFlight();
      answer();
      await untilRunning(service, id);
      await loseWorker(service, id);
      expect([await requeue(), await start()]).toEqual([0, 0]);
      expect([await statusOf(id), keys(name)]).toEqual(['Running', [`${id}:start`]]);
    });

    it('is not sent again by the next claim when it is recorded as accepted', async () => {
      const { id, name, answer } = await inFlight({}, {});
      await loseWorker(service, id);
      await service.query(
        `INSERT INTO delivery (id, task_id, batch_id, trigger, key, url, status, attempts, created_at)
         SELECT $2, id, batch_id, 'start', id || ':start', 'http://receiver.test/', 'success', 1, now() FROM task WHERE id = $1`,
        [id, randomUUID()],
      );
      expect(await requeue()).toBe(1);
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`]);
      expect(await deliveriesOf(service, id)).toMatchObject([{ status: 'success', attempts: 1 }]);
      answer();
      await callsEnd();
      expect((await service.succeed(id)).status).toBe(200);
    });

    it('is not sent again when it is accepted after its worker counted as lost', async () => {
      const [stop] = [path()];
      const { id, name, answer } = await inFlight({ body: to(stop) });
      await service.call('PATCH', `/task/pause/${id}`);
      await loseWorker(service, id);
      expect(await requeue()).toBe(1);
      answer();
      await eventually(async () => expect(await deliveriesOf(service, id)).toMatchObject([{ status: 'success' }]));
      await service.call('PATCH', `/task/resume/${id}`);
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`]);
      // The cancel action in that answer counts too.
      await service.call('DELETE', `/task/${id}`);
      await receiver.waitFor(1, stop);
      expect(keys(stop)).toEqual([`${id}:cancel`]);
    });

    it('is sent again unchanged when its result is unknown', async () => {
      const { id, name, answer } = await inFlight({}, {});
      await loseWorker(service, id);
      expect(await requeue()).toBe(1);
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`, `${id}:start`]);
      expect(await deliveriesOf(service, id)).toMatchObject([
        { idempotency_key: `${id}:start`, status: 'success', attempts: 2 },
      ]);
      answer();
    });

    it('is used by no other worker while the one that sends it lives, however long that takes', async () => {
      const { id, name, answer } = await inFlight();
      await age(service, id, 24 * 3600);
      const other = await startReplica(service, ASLEEP);
      expect([await provider(other, StaleClaimsLoop).runOnce(), await requeue()]).toEqual([0, 0]);
      expect([await statusOf(id), await provider(other, StartLoop).runOnce()]).toEqual(['Claimed', 0]);
      answer();
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`]);
    });

    it('is not sent again after a refusal, which fails the task', async () => {
      const { id, name, answer } = await inFlight({ status: 500 }, {});
      answer();
      await eventually(async () => expect(await statusOf(id)).toBe('Failure'));
      expect([await requeue(), await start()]).toEqual([0, 0]);
      expect(keys(name)).toEqual([`${id}:start`]);
    });
  });

  describe('is separate for each event of a task:', () => {
    it('start and end, with a suffix from the second action on', async () => {
      const [name, one, two] = [path(), path(), path()];
      const { a } = await service.create([
        task('a', receiver.url(name), { on_success: to(one, two, one), on_failure: to(two) }),
      ]);
      await untilRunning(service, a);
      await service.succeed(a);
      await allDelivered(service);
      expect(keys(name, one, two).sort()).toEqual(
        ['start', 'end:success', 'end:success:1', 'end:success:2'].map((event) => `${a}:${event}`).sort(),
      );
    });

    it('start, cancel and the completion of the batch', async () => {
      const [name, stop, complete] = [path(), path(), path()];
      receiver.reply(name, { body: to(stop, stop) });
      const request = {
        tasks: [task('a', receiver.url(name), { on_failure: to(stop) })],
        on_batch_complete: to(complete, complete),
      };
      const { a, batch } = await service.create(request);
      await untilRunning(service, a);
      await service.call('DELETE', `/task/${a}`);
      await receiver.waitFor(2, complete);
      await allDelivered(service);
      expect(keys(name, stop, complete).sort()).toEqual(
        [`${a}:start`, `${a}:cancel`, `${a}:cancel:1`, `batch:${batch}:complete`, `batch:${batch}:complete:1`].sort(),
      );
    });
  });

  describe('of a notification', () => {
    /** Returns a notification whose first attempt hangs and whose lease has expired. */
    const overdue = async (...replies: Exclude<Reply, string>[]) => {
      const [name, gate] = [path(), new Gate()];
      const [first, ...others] = replies;
      receiver.reply(name, { ...first, after: gate.opened }, ...others);
      const { a } = await service.create([task('a', receiver.url(path()), { on_success: to(name) })]);
      await untilRunning(service, a);
      await service.succeed(a);
      await receiver.waitFor(1, name);
      await makeDue(service, { key: a });
      return { id: a, name, answer: gate.open, key: `${a}:end:success` };
    };
    /** Lets a second replica deliver what is due. */
    const deliverByAnother = async () => {
      const other = await startReplica(service, { WORKER_ENABLED: '0' });
      return provider(other, DeliveryLoop).runOnce();
    };
    const settled = (id: string) =>
      eventually(async () => {
        const [delivery] = await deliveriesOf(service, id);
        expect(delivery.status).not.toBe('pending');
        return delivery;
      });

    it('stays delivered, whatever the result of an older attempt', async () => {
      const { id, name, answer, key } = await overdue({ status: 500 }, {});
      expect(await deliverByAnother()).toBe(1);
      const success = await settled(id);
      expect(success).toMatchObject({ idempotency_key: key, status: 'success', attempts: 2 });
      answer();
      expect(await deliver()).toBe(0);
      expect([await settled(id), keys(name)]).toEqual([success, [key, key]]);
    });

    it('is delivered when an older attempt succeeds, and is not sent a third time', async () => {
      const { id, name, answer, key } = await overdue({}, { status: 500 });
      expect(await deliverByAnother()).toBe(1);
      expect(await deliveriesOf(service, id)).toMatchObject([
        { status: 'pending', attempts: 2 },
        { status: 'success' },
      ]);
      answer();
      expect(await settled(id)).toMatchObject({ idempotency_key: key, status: 'success' });
      await makeDue(service);
      expect(await deliver()).toBe(0);
      expect(keys(name)).toEqual([key, key]);
    });

    it('is not sent by another replica while its lease lasts', async () => {
      const { name, answer, key } = await overdue({});
      await makeDue(service, { inSecs: 60 });
      expect(await deliverByAnother()).toBe(0);
      answer();
      await allDelivered(service);
      expect(keys(name)).toEqual([key]);
    });

    it('is sent once, however many workers claim deliveries', async () => {
      const idle = await Promise.all(['0', '0'].map((WORKER_ENABLED) => startReplica(service, { WORKER_ENABLED })));
      const names = Array.from({ length: 60 }, (_, n) => `t${n}`);
      const name = path();
      const ids = await service.create(names.map((id) => task(id, receiver.url(path()), { on_success: to(name) })));
      await untilRunning(service, ...names.map((id) => ids[id]));
      await Promise.all([
        ...names.map((id, n) => [...idle, service][n % 3].succeed(ids[id])),
        ...Array.from({ length: 12 }, (_, n) => provider(idle[n % 2], DeliveryLoop).runOnce()),
      ]);
      await Promise.all([...idle, service].map((worker) => provider(worker, DeliveryLoop).runOnce()));
      await allDelivered(service);
      expect(keys(name).sort()).toEqual(names.map((id) => `${ids[id]}:end:success`).sort());
    });
  });
});
