import { randomUUID } from 'node:crypto';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { StartCalls } from '../../src/task/claiming/start-calls';
import { StartLoop } from '../../src/task/claiming/start.loop';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { Receiver, type Reply } from '../support/receiver';
import { provider, Service, task, webhook } from '../support/service';

const HOUR_MS = '3600000';

describe('An idempotency key', () => {
  let service: Service;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
    // Nothing happens by itself but what a commit or a test wakes.
    service = await Service.start({
      WORKER_LOOP_INTERVAL_MS: HOUR_MS,
      WEBHOOK_DELIVERY_INTERVAL_MS: HOUR_MS,
      WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1000',
    });
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  let paths = 0;
  const path = () => `/${++paths}`;
  const to = (...names: string[]) => names.map((name) => webhook(receiver.url(name)));
  const keys = (...names: string[]) =>
    names.flatMap((name) => receiver.received(name).map(({ headers }) => headers['idempotency-key']));
  const start = () => provider(service, StartLoop).runOnce();
  const requeue = () => provider(service, StaleClaimsLoop).runOnce();
  const deliver = () => provider(service, DeliveryLoop).runOnce();
  const statusOf = async (id: string) => (await service.task(id)).status;
  const deliveriesOf = async (id: string) =>
    (
      await service.call<{ idempotency_key: string; status: string; attempts: number }[]>(
        'GET',
        `/webhook-deliveries?task_id=${id}`,
      )
    ).body;
  /** Makes the claim of a task that of a worker which has been lost for an hour. */
  const loseWorkerOf = (id: string) =>
    service.query(
      `UPDATE task SET claimed_by = $2, claimed_at = now() - interval '1 hour' WHERE id = $1 AND claimed_by IS NOT NULL`,
      [id, randomUUID()],
    );
  /** A task whose start call is in flight. */
  const inFlight = async (...replies: Exclude<Reply, string>[]) => {
    const [name, gate] = [path(), new Gate()];
    const [first = {}, ...others] = replies;
    receiver.reply(name, { ...first, after: gate.opened }, ...others);
    const { a } = await service.create([task('a', receiver.url(name))]);
    await receiver.waitFor(1, name);
    return { id: a, name, answer: gate.open };
  };
  const callsEnd = () => eventually(() => expect(provider(service, StartCalls).taskIds).toEqual([]));

  describe('of a start', () => {
    it('is sent once, whatever happens to the worker after the answer is on record', async () => {
      const { id, name, answer } = await inFlight();
      answer();
      await untilRunning(service, id);
      await loseWorkerOf(id);
      expect([await requeue(), await start()]).toEqual([0, 0]);
      expect([await statusOf(id), keys(name)]).toEqual(['Running', [`${id}:start`]]);
    });

    it('that is on record as accepted is not sent again when the claim is taken up by another', async () => {
      const { id, name, answer } = await inFlight({}, {});
      await loseWorkerOf(id);
      await service.query(
        `INSERT INTO delivery (id, task_id, batch_id, trigger, key, url, status, attempts, created_at)
         SELECT $2, id, batch_id, 'start', id || ':start', 'http://receiver.test/', 'success', 1, now() FROM task WHERE id = $1`,
        [id, randomUUID()],
      );
      expect(await requeue()).toBe(1);
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`]);
      expect(await deliveriesOf(id)).toMatchObject([{ status: 'success', attempts: 1 }]);
      answer();
      await callsEnd();
      expect((await service.succeed(id)).status).toBe(200);
    });

    it('is not sent again when it turns out to be accepted after its worker was taken for lost', async () => {
      const [stop] = [path()];
      const { id, name, answer } = await inFlight({ body: to(stop) });
      await service.call('PATCH', `/task/pause/${id}`);
      await loseWorkerOf(id);
      expect(await requeue()).toBe(1);
      answer();
      await eventually(async () => expect(await deliveriesOf(id)).toMatchObject([{ status: 'success' }]));
      await service.call('PATCH', `/task/resume/${id}`);
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`]);
      // What came with that answer counts too.
      await service.call('DELETE', `/task/${id}`);
      await receiver.waitFor(1, stop);
      expect(keys(stop)).toEqual([`${id}:cancel`]);
    });

    it('is sent again, as the same, when nobody knows what became of it', async () => {
      const { id, name, answer } = await inFlight({}, {});
      await loseWorkerOf(id);
      expect(await requeue()).toBe(1);
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`, `${id}:start`]);
      expect(await deliveriesOf(id)).toMatchObject([
        { idempotency_key: `${id}:start`, status: 'success', attempts: 2 },
      ]);
      answer();
    });

    it('is nobody else’s business while the worker that sends it lives, however long that takes', async () => {
      const { id, name, answer } = await inFlight();
      await service.query(`UPDATE task SET claimed_at = now() - interval '1 day' WHERE id = $1`, [id]);
      const other = await service.replica({ WORKER_LOOP_INTERVAL_MS: HOUR_MS });
      expect([await provider(other, StaleClaimsLoop).runOnce(), await requeue()]).toEqual([0, 0]);
      expect([await statusOf(id), await provider(other, StartLoop).runOnce()]).toEqual(['Claimed', 0]);
      answer();
      await untilRunning(service, id);
      expect(keys(name)).toEqual([`${id}:start`]);
      await other.stop();
    });

    it('that was refused fails the task, and is not sent again', async () => {
      const { id, name, answer } = await inFlight({ status: 500 }, {});
      answer();
      await eventually(async () => expect(await statusOf(id)).toBe('Failure'));
      expect([await requeue(), await start()]).toEqual([0, 0]);
      expect(keys(name)).toEqual([`${id}:start`]);
    });
  });

  describe('of each event of a task is independent of the others:', () => {
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

    it('start and cancel, and the end of the batch', async () => {
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
    /** A notification whose first attempt hangs, and whose lease has run out meanwhile. */
    const overdue = async (...replies: Exclude<Reply, string>[]) => {
      const [name, gate] = [path(), new Gate()];
      const [first, ...others] = replies;
      receiver.reply(name, { ...first, after: gate.opened }, ...others);
      const { a } = await service.create([task('a', receiver.url(path()), { on_success: to(name) })]);
      await untilRunning(service, a);
      await service.succeed(a);
      await receiver.waitFor(1, name);
      await service.query('UPDATE outbox SET next_attempt_at = now() WHERE task_id = $1', [a]);
      return { id: a, name, answer: gate.open, key: `${a}:end:success` };
    };
    /** Lets a second worker deliver what is due, which waits for the first attempt no longer. */
    const deliverByAnother = async () => {
      const other = await service.replica({ WORKER_ENABLED: '0' });
      const attempts = await provider(other, DeliveryLoop).runOnce();
      await other.stop();
      return attempts;
    };
    const settled = (id: string) =>
      eventually(async () => {
        const [delivery] = await deliveriesOf(id);
        expect(delivery.status).not.toBe('pending');
        return delivery;
      });

    it('that has succeeded stays so, whatever becomes of an older attempt', async () => {
      const { id, name, answer, key } = await overdue({ status: 500 }, {});
      expect(await deliverByAnother()).toBe(1);
      const success = await settled(id);
      expect(success).toMatchObject({ idempotency_key: key, status: 'success', attempts: 2 });
      answer();
      expect(await deliver()).toBe(0);
      expect([await settled(id), keys(name)]).toEqual([success, [key, key]]);
    });

    it('has succeeded also when that was an older attempt, and is not sent a third time', async () => {
      const { id, name, answer, key } = await overdue({}, { status: 500 });
      expect(await deliverByAnother()).toBe(1);
      expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', attempts: 2 }, { status: 'success' }]);
      answer();
      expect(await settled(id)).toMatchObject({ idempotency_key: key, status: 'success' });
      await service.query('UPDATE outbox SET next_attempt_at = now()');
      expect(await deliver()).toBe(0);
      expect(keys(name)).toEqual([key, key]);
    });

    it('is not taken up by another while its lease lasts', async () => {
      const { name, answer, key } = await overdue({});
      await service.query(`UPDATE outbox SET next_attempt_at = now() + interval '1 minute'`);
      expect(await deliverByAnother()).toBe(0);
      answer();
      await allDelivered(service);
      expect(keys(name)).toEqual([key]);
    });

    it('is sent once, however many workers look for what is due', async () => {
      const idle = await Promise.all(['0', '0'].map((WORKER_ENABLED) => service.replica({ WORKER_ENABLED })));
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
      for (const worker of idle) await worker.stop();
    });
  });
});
