import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '../../src/database/database';
import { claimNext } from '../../src/task/sql/claim';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { Receiver } from '../support/receiver';
import { Scrape } from '../support/scrape';
import { after, idsOf, provider, Service, task, webhook } from '../support/service';

const PLACES = 16;
/** What one host may have of them. */
const SHARE = 12;
const HOUR_MS = '3600000';

interface Delivery {
  trigger: string;
  status: string;
  attempts: number;
  last_status: number | null;
  next_attempt_at: string | null;
  updated_at: string;
}

describe('A destination', () => {
  let service: Service;
  const receivers: Receiver[] = [];
  beforeEach(async () => {
    service = await Service.start({
      WORKER_WEBHOOK_CONCURRENCY: String(PLACES),
      WORKER_LOOP_INTERVAL_MS: HOUR_MS,
      WEBHOOK_DELIVERY_INTERVAL_MS: '50',
      WEBHOOK_TIMEOUT_SECS: '60',
      WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0',
      WEBHOOK_MAX_ATTEMPTS: '1000',
    });
  });
  afterEach(async () => {
    for (const receiver of receivers.splice(0)) await receiver.close().catch(() => undefined);
    await service.stop();
  });

  const another = async () => {
    const receiver = await Receiver.start();
    receivers.push(receiver);
    return receiver;
  };
  /** One whose start calls are not answered before the gate opens. */
  const hung = async () => {
    const [receiver, gate] = [await another(), new Gate()];
    receiver.reply('/start', async () => {
      await gate.opened;
      return {};
    });
    return { receiver, gate };
  };
  const many = (count: number, receiver: Receiver, rest?: object) =>
    Array.from({ length: count }, (_, i) => task(String(i), receiver.url('/start'), rest));
  const create = async (tasks: object[]) => idsOf(await service.create(tasks));

  describe('of start calls that hangs', () => {
    it('keeps nobody else waiting, however much is queued for it, and has its share', async () => {
      const [{ receiver, gate }, well] = [await hung(), await another()];
      const stuck = await create(many(200, receiver));
      await receiver.waitFor(SHARE, '/start');
      await untilRunning(service, ...(await create(many(100, well))));
      expect(receiver.received('/start')).toHaveLength(SHARE);
      expect((await Scrape.of(service)).sum('hookline_start_full_hosts')).toBe(1);
      gate.open();
      await untilRunning(service, ...stuck);
      await eventually(async () => expect((await Scrape.of(service)).sum('hookline_start_full_hosts')).toBe(0));
    });

    it('does not have the queue read all the time for what is not there', async () => {
      const [{ receiver, gate }, well] = [await hung(), await another()];
      const stuck = await create(many(50, receiver));
      await receiver.waitFor(SHARE, '/start');
      const database = provider(service, Database);
      const run = database.run.bind(database);
      const LOOK_MS = 50;
      let looks = 0;
      jest.spyOn(database, 'run').mockImplementation(async (each, ...values) => {
        if (each.name !== claimNext.name) return run(each, ...values);
        looks++;
        await pause(LOOK_MS);
        return run(each, ...values);
      });
      const begun = performance.now();
      for (let i = 0; i < 10; i++) await untilRunning(service, ...(await create(many(1, well))));
      // Each of them has found less than it had looked for, so nine times as long as it took passes before the next one.
      expect(looks).toBeLessThanOrEqual(1 + (performance.now() - begun) / (10 * LOOK_MS));
      gate.open();
      await untilRunning(service, ...stuck);
    });

    it('leaves something to others when there are several of them', async () => {
      const [one, two, well] = [await hung(), await hung(), await another()];
      const stuck = await create([...many(50, one.receiver)]);
      await one.receiver.waitFor(SHARE, '/start');
      stuck.push(...(await create(many(50, two.receiver))));
      await two.receiver.waitFor(1, '/start');
      await untilRunning(service, ...(await create(many(50, well))));
      for (const { gate } of [one, two]) gate.open();
      await untilRunning(service, ...stuck);
    });

    it('keeps nobody waiting under a rule that has room for both', async () => {
      const [{ receiver, gate }, well] = [await hung(), await another()];
      const rules = [
        { type: 'Concurrency', max_concurrency: 150, matcher: { kind: 'ruled', status: 'Running', fields: [] } },
      ];
      const stuck = await create(many(100, receiver, { kind: 'ruled', rules }));
      await receiver.waitFor(SHARE, '/start');
      const started = await create(many(100, well, { kind: 'ruled', rules }));
      await untilRunning(service, ...started);
      expect(receiver.received('/start')).toHaveLength(SHARE);
      gate.open();
      await Promise.all(started.map((id) => service.succeed(id)));
      await untilRunning(service, ...stuck);
    });

    it('has no more than its share of children that become free at once', async () => {
      const [{ receiver, gate }, well] = [await hung(), await another()];
      const parents = many(5, well).map((each, i) => ({ ...each, id: `p${i}` }));
      const children = many(50, receiver).map((each, i) => ({ ...each, id: `c${i}`, ...after([`p${i % 5}`]) }));
      const ids = await create([...parents, ...children]);
      await untilRunning(service, ...ids.slice(0, 5));
      await Promise.all(ids.slice(0, 5).map((id) => service.succeed(id)));
      await untilRunning(service, ...(await create(many(50, well))));
      expect(receiver.received('/start').length).toBeLessThanOrEqual(SHARE);
      gate.open();
      await untilRunning(service, ...ids.slice(5));
    });
  });

  /** Ends a task that has notifications to these URLs; answers how to look at these. */
  async function notify(start: Receiver, ...urls: string[]): Promise<() => Promise<Delivery[]>> {
    const on_success = urls.map((url) => webhook(url));
    const { a } = await service.create([task('a', start.url('/start'), { on_success })]);
    await untilRunning(service, a);
    expect((await service.succeed(a)).status).toBe(200);
    return async () => {
      const { body } = await service.call<Delivery[]>('GET', `/webhook-deliveries?task_id=${a}`);
      return body.filter(({ trigger }) => trigger === 'end');
    };
  }
  const are = (deliveries: () => Promise<Delivery[]>, expected: Partial<Delivery>) =>
    eventually(async () => {
      const all = await deliveries();
      expect(all).toEqual(all.map(() => expect.objectContaining(expected) as object));
      return all;
    });

  describe('of notifications', () => {
    it.each<[what: string, status: number, after: () => string]>([
      ['429 and seconds', 429, () => '100'],
      ['503 and seconds', 503, () => '100'],
      ['503 and a date', 503, () => new Date(Date.now() + 101_000).toUTCString()],
    ])(
      'that answers with %s in Retry-After gets that one so much later, and nothing else for now',
      async (_what, status, retryAfter) => {
        const [well, busy] = [await another(), await another()];
        busy.reply('/busy', () => ({ status, headers: { 'retry-after': retryAfter() } }));
        const first = await notify(well, busy.url('/busy'));
        const [{ next_attempt_at, updated_at }] = await are(first, {
          attempts: 1,
          last_status: status,
          status: 'pending',
        });
        const waits = (Date.parse(next_attempt_at!) - Date.parse(updated_at)) / 1000;
        expect(waits).toBeGreaterThan(98);
        expect(waits).toBeLessThan(102);
        // Others for the same host wait as well, without losing an attempt; those for another are sent.
        const [second, third] = [await notify(well, busy.url('/other')), await notify(well, well.url('/told'))];
        await are(third, { status: 'success' });
        await are(second, { status: 'pending', attempts: 0 });
        expect(busy.received('/other')).toEqual([]);
        expect((await Scrape.of(service)).sum('hookline_webhook_resting_hosts')).toBe(1);
      },
    );

    it('that answers with Retry-After to one call for a reason of its own gets that one later, and others at once', async () => {
      const receiver = await another();
      receiver.reply('/broken', { status: 500, headers: { 'retry-after': '100' } });
      const broken = await notify(receiver, receiver.url('/broken'));
      const [{ next_attempt_at, updated_at }] = await are(broken, { status: 'pending', attempts: 1, last_status: 500 });
      expect(Date.parse(next_attempt_at!) - Date.parse(updated_at)).toBeGreaterThan(98_000);
      await are(await notify(receiver, receiver.url('/told')), { status: 'success', attempts: 1 });
    });

    it.each(['soon', '-5', '1e3', '', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
      'that answers with Retry-After: %s has said nothing by it',
      async (retryAfter) => {
        const receiver = await another();
        receiver.reply('/busy', { status: 503, headers: { 'retry-after': retryAfter } }, {});
        await are(await notify(receiver, receiver.url('/busy')), { status: 'success', attempts: 2 });
      },
    );

    it('that answers 410 is not asked again', async () => {
      const receiver = await another();
      receiver.reply('/gone', { status: 410 });
      const [gone, told] = [receiver.url('/gone'), receiver.url('/told')];
      await are(await notify(receiver, gone), { status: 'exhausted', attempts: 1, last_status: 410 });
      await are(await notify(receiver, told), { status: 'success' });
    });

    it('that is away is left alone for a while, and gets everything when it is back', async () => {
      const [well, away] = [await another(), await another()];
      let isBack = false;
      away.reply('/told', () => (isBack ? {} : 'destroy'));
      const urls = Array<string>(19).fill(away.url('/told'));
      const all = [await notify(well, ...urls), await notify(well, ...urls)];
      await away.waitFor(5, '/told');
      // Others are told meanwhile.
      await are(await notify(well, well.url('/told')), { status: 'success' });
      isBack = true;
      for (const each of all) await are(each, { status: 'success' });
      const keys = away.received('/told').map(({ headers }) => headers['idempotency-key']);
      expect(new Set(keys).size).toBe(2 * urls.length);
    });

    it('with one broken path is not left alone for it', async () => {
      const receiver = await another();
      let isWell = false;
      receiver.reply('/broken', () => ({ status: isWell ? 200 : 500 }));
      const broken = await notify(receiver, ...Array<string>(10).fill(receiver.url('/broken')));
      await receiver.waitFor(30, '/broken');
      await are(await notify(receiver, receiver.url('/told')), { status: 'success', attempts: 1 });
      isWell = true;
      await are(broken, { status: 'success' });
    });
  });

  describe('of two replicas', () => {
    const replicas: Service[] = [];
    afterEach(async () => {
      for (const replica of replicas.splice(0)) await replica.stop();
    });
    const startReplica = async () => {
      const replica = await service.replica({
        WORKER_WEBHOOK_CONCURRENCY: String(PLACES),
        WORKER_LOOP_INTERVAL_MS: '50',
        WEBHOOK_DELIVERY_INTERVAL_MS: '50',
        WEBHOOK_TIMEOUT_SECS: '60',
      });
      replicas.push(replica);
      return replica;
    };

    it('that hangs has its share of the places of each, and keeps nobody else waiting', async () => {
      await startReplica();
      const [{ receiver, gate }, well] = [await hung(), await another()];
      const stuck = await create(many(200, receiver));
      await receiver.waitFor(2 * SHARE, '/start');
      await untilRunning(service, ...(await create(many(100, well))));
      const claims = await service.query<{ count: number }>(
        `SELECT count(*)::int FROM task WHERE status = 'Claimed' GROUP BY claimed_by`,
      );
      expect(claims).toEqual([{ count: SHARE }, { count: SHARE }]);
      expect(receiver.received('/start')).toHaveLength(2 * SHARE);
      gate.open();
      await untilRunning(service, ...stuck);
    });

    it('that is left alone by one gets everything from the other, once', async () => {
      const [well, busy] = [await another(), await another()];
      busy.reply('/told', { status: 503, headers: { 'retry-after': '100' } }, {});
      const first = await notify(well, busy.url('/told'));
      await are(first, { status: 'pending', attempts: 1, last_status: 503 });
      const others = await notify(well, ...Array<string>(19).fill(busy.url('/told')));
      await startReplica();
      await are(others, { status: 'success', attempts: 1 });
      await service.query('UPDATE outbox SET next_attempt_at = now()');
      await are(first, { status: 'success', attempts: 2 });
      expect((await Scrape.of(service)).sum('hookline_webhook_resting_hosts')).toBe(1);
      const keys = busy.received('/told').map(({ headers }) => headers['idempotency-key']);
      expect(keys).toHaveLength(1 + 1 + 19);
      expect(new Set(keys).size).toBe(1 + 19);
    });
  });
});
