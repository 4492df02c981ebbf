import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import type { Delivery } from '../support/deliveries';
import { ASLEEP, startReceiver, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, runTask, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { makeDue } from '../support/rows';
import { after, provider, task, webhook } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const UUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string;
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as string;

describe('The list of deliveries', () => {
  const service = useService({
    ...ASLEEP,
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: '1000',
    WEBHOOK_MAX_ATTEMPTS: '2',
    PAGINATION_DEFAULT: '4',
    PAGINATION_MAX: '100',
  });
  const receiver = useReceiver();
  const START = receiver.url('/start');

  let paths = 0;
  const path = () => `/${++paths}`;
  const to = (...names: string[]) => names.map((name) => webhook(receiver.url(name)));
  const list = (query: Record<string, string>) =>
    service.call<Delivery[]>('GET', `/webhook-deliveries?${new URLSearchParams(query)}`);
  const deliveriesOf = async (id: string, query: Record<string, string> = {}) =>
    (await list({ task_id: id, ...query })).body;
  const untilDeliveries = (id: string, ...states: string[]) =>
    eventually(async () => {
      const deliveries = await deliveriesOf(id);
      expect(deliveries.map(({ trigger, status }) => `${trigger} ${status}`)).toEqual(states);
      return deliveries;
    });

  describe('shows the start call', () => {
    it('while it is in flight, and then its result', async () => {
      const [start, gate] = [path(), new Gate()];
      receiver.reply(start, { after: gate.opened, status: 202 });
      const url = receiver.url(`${start}?a=1`);
      const { a, b, batch } = await service.create([task('a', url), task('b', START, after(['a']))]);
      await receiver.waitFor(1, start);
      const call = {
        id: UUID,
        task_id: a,
        batch_id: batch,
        trigger: 'start',
        idempotency_key: `${a}:start`,
        url,
        attempts: 1,
        next_attempt_at: null,
        last_error: null,
        created_at: ISO,
        updated_at: ISO,
      };
      expect(await deliveriesOf(a)).toEqual([{ ...call, status: 'pending', last_status: null }]);
      gate.open();
      await untilRunning(service, a);
      expect(await deliveriesOf(a)).toEqual([{ ...call, status: 'success', last_status: 202 }]);
      expect(await deliveriesOf(b)).toEqual([]);
    });

    it('when it was refused', async () => {
      const start = path();
      receiver.reply(start, { status: 418 });
      const { a } = await service.create([task('a', receiver.url(start))]);
      expect(await untilDeliveries(a, 'start failure')).toMatchObject([
        { attempts: 1, last_status: 418, last_error: expect.stringContaining('418') as string, next_attempt_at: null },
      ]);
    });

    it('when nobody answered', async () => {
      const gone = startReceiver();
      await gone.close();
      const { a } = await service.create([task('a', gone.url('/'))]);
      expect(await untilDeliveries(a, 'start failure')).toMatchObject([
        { attempts: 1, last_status: null, last_error: expect.any(String) as string },
      ]);
    });

    it('of a task that has ended meanwhile, and the notification that awaits it', async () => {
      const [start, gate] = [path(), new Gate()];
      receiver.reply(start, { after: gate.opened });
      const { a } = await service.create([task('a', receiver.url(start), { on_success: to(path()) })]);
      await receiver.waitFor(1, start);
      await service.succeed(a);
      await untilDeliveries(a, 'end pending', 'start pending');
      gate.open();
      await untilDeliveries(a, 'end success', 'start success');
    });
  });

  describe('shows the notification', () => {
    it('in flight, then put off, then exhausted', async () => {
      const [notified, gate] = [path(), new Gate()];
      receiver.reply(notified, { status: 503, after: gate.opened }, 'destroy');
      const { id, batch } = await runTask(service, START, { on_failure: to(notified) });
      await service.fail(id);
      await receiver.waitFor(1, notified);
      const notification = {
        id: UUID,
        task_id: id,
        batch_id: batch,
        trigger: 'end',
        idempotency_key: `${id}:end:failure`,
        url: receiver.url(notified),
        created_at: ISO,
        updated_at: ISO,
      };
      const [inFlight] = await deliveriesOf(id);
      const attempted = { ...notification, status: 'pending', attempts: 1, next_attempt_at: ISO };
      expect(inFlight).toEqual({ ...attempted, last_status: null, last_error: null });
      gate.open();
      const putOff = await eventually(async () => {
        const [delivery] = await deliveriesOf(id);
        expect(delivery).toEqual({ ...attempted, last_status: 503, last_error: expect.stringContaining('503') });
        return delivery;
      });
      expect(Date.parse(putOff.next_attempt_at!)).toBeGreaterThan(Date.parse(putOff.updated_at));
      await makeDue(service, { key: id });
      await provider(service, DeliveryLoop).runOnce();
      const [givenUp] = await untilDeliveries(id, 'end exhausted', 'start success');
      expect(givenUp).toEqual({
        ...notification,
        status: 'exhausted',
        attempts: 2,
        next_attempt_at: null,
        last_status: null,
        last_error: expect.any(String) as string,
      });
      expect(givenUp.id).toBe(inFlight.id);
    });

    it('of every cancel action', async () => {
      const [start, one, two] = [path(), path(), path()];
      receiver.reply(start, { body: to(one, two) });
      const { a } = await service.create([task('a', receiver.url(start))]);
      await untilRunning(service, a);
      await service.call('DELETE', `/task/${a}`);
      const deliveries = await untilDeliveries(a, 'cancel success', 'cancel success', 'start success');
      expect(deliveries.map(({ idempotency_key }) => idempotency_key).sort()).toEqual([
        `${a}:cancel`,
        `${a}:cancel:1`,
        `${a}:start`,
      ]);
    });

    it('of a batch, which belongs to no task', async () => {
      const complete = path();
      const request = { tasks: [task('a', START)], on_batch_complete: to(complete) };
      const { a, batch } = await service.create(request);
      await untilRunning(service, a);
      await service.succeed(a);
      await receiver.waitFor(1, complete);
      await allDelivered(service);
      const { body } = await list({ page_size: '1' });
      expect(body).toEqual([
        {
          id: UUID,
          task_id: null,
          batch_id: batch,
          trigger: 'batch_complete',
          idempotency_key: `batch:${batch}:complete`,
          url: receiver.url(complete),
          status: 'success',
          attempts: 1,
          next_attempt_at: null,
          last_status: 200,
          last_error: null,
          created_at: ISO,
          updated_at: ISO,
        },
      ]);
    });
  });

  describe('of many tasks', () => {
    const gate = new Gate();
    let ids: Record<string, string>;
    beforeAll(async () => {
      const [slow, refuses, hangs] = [path(), path(), path()];
      receiver.reply(slow, { after: gate.opened });
      receiver.reply(refuses, { status: 500 });
      receiver.reply(hangs, { after: gate.opened });
      ids = await service.create([
        ...['slow1', 'slow2', 'slow3'].map((id) => task(id, receiver.url(slow))),
        ...['bad1', 'bad2'].map((id) => task(id, receiver.url(refuses))),
        ...['ok1', 'ok2'].map((id) => task(id, START, { on_success: to(path(), hangs) })),
      ]);
      await receiver.waitFor(3, slow);
      await untilRunning(service, ids.ok1, ids.ok2);
      await Promise.all([service.succeed(ids.ok1), service.succeed(ids.ok2)]);
      await receiver.waitFor(2, hangs);
      await eventually(async () => expect((await list({ status: 'pending', page_size: '9' })).body).toHaveLength(5));
    });
    afterAll(async () => {
      gate.open();
      await allDelivered(service);
    });

    it('is sorted by the last change, newest first', async () => {
      const { body } = await list({ page_size: '100' });
      expect(body.length).toBeGreaterThan(15);
      const times = body.map(({ updated_at }) => Date.parse(updated_at));
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(new Set(body.map(({ id }) => id)).size).toBe(body.length);
    });

    it('has pages that cover all deliveries once, in order', async () => {
      const { body: all } = await list({ page_size: '100' });
      const pages: Delivery[] = [];
      for (let page = 0; page <= all.length / 3; page++) {
        pages.push(...(await list({ page: String(page), page_size: '3' })).body);
      }
      expect(pages).toEqual(all);
      expect((await list({})).body).toEqual(all.slice(0, 4));
      expect((await list({ page: '1' })).body).toEqual(all.slice(4, 8));
      expect((await list({ page: '-3', page_size: '0' })).body).toEqual(all.slice(0, 4));
    });

    it.each(['99999999999999999999', '9223372036854775807', '1e300'])('is empty on page %s', async (page) => {
      expect(await list({ page, page_size: '100' })).toMatchObject({ status: 200, body: [] });
    });

    it.each<[status: string, expected: () => string[]]>([
      ['pending', () => ['slow1:start', 'slow2:start', 'slow3:start', 'ok1:end:success:1', 'ok2:end:success:1']],
      ['failure', () => ['bad1:start', 'bad2:start']],
      ['success', () => ['ok1:start', 'ok2:start', 'ok1:end:success', 'ok2:end:success']],
      ['exhausted', () => []],
    ])('is filtered by status %s', async (status, expected) => {
      const { body } = await list({ status, page_size: '100' });
      expect(new Set(body.map((delivery) => delivery.status))).toEqual(new Set(body.length > 0 ? [status] : []));
      const own = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
      const found = body.flatMap(({ task_id, idempotency_key }) => {
        const name = own.get(task_id);
        return name ? [idempotency_key.replace(task_id, name)] : [];
      });
      expect(found.sort()).toEqual(expected().sort());
      for (const written of [status.toUpperCase(), status[0].toUpperCase() + status.slice(1)])
        expect(await list({ status: written, page_size: '100' })).toMatchObject({ status: 200, body });
    });

    it('is filtered by task, and by task and status', async () => {
      expect((await deliveriesOf(ids.ok1)).map(({ idempotency_key }) => idempotency_key)).toEqual(
        expect.arrayContaining([`${ids.ok1}:start`, `${ids.ok1}:end:success`, `${ids.ok1}:end:success:1`]),
      );
      expect(await deliveriesOf(ids.ok1, { status: 'pending' })).toMatchObject([
        { idempotency_key: `${ids.ok1}:end:success:1` },
      ]);
      expect(await deliveriesOf(ids.slow1.toUpperCase(), { status: 'pending' })).toMatchObject([
        { idempotency_key: `${ids.slow1}:start` },
      ]);
      expect(await deliveriesOf(ids.slow1, { status: 'success' })).toEqual([]);
      expect(await deliveriesOf(NOBODY)).toEqual([]);
    });
  });

  it('leads to each delivery: an unknown one is 404, and an id that is no UUID 400', async () => {
    expect(await service.call('GET', `/webhook-deliveries/${NOBODY}`)).toMatchObject({ status: 404 });
    const body = { details: ['id: must be a UUID'] };
    expect(await service.call('GET', '/webhook-deliveries/replay')).toMatchObject({ status: 400, body });
  });

  describe('refuses to filter', () => {
    it.each([
      ['status', 'sent'],
      ['status', ''],
      ['task_id', '17'],
      ['task_id', `${NOBODY}0`],
      ['task_id', "' OR 1=1"],
    ])('by %s=%j with 400', async (field, value) => {
      const details = [expect.stringMatching(new RegExp(`^${field}: `)) as string];
      expect(await list({ [field]: value })).toMatchObject({ status: 400, body: { details } });
    });

    it.each(['trigger=end&trigger=start', `task_id=${NOBODY}&task_id=${NOBODY}`])('by %s with 400', async (query) => {
      expect((await service.call('GET', `/webhook-deliveries?${query}`)).status).toBe(400);
    });
  });
});
