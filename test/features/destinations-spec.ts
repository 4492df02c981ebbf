import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '../../src/database/database';
import { claimNext } from '../../src/task/sql/claim';
import { notify as notifyOf, untilDeliveries } from '../support/deliveries';
import { startReceiver, startReplica, startService } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import type { Receiver } from '../support/receiver';
import { makeDue } from '../support/rows';
import { Scrape } from '../support/scrape';
import { after, idsOf, provider, type Service, task } from '../support/service';

const SLOTS = 16;
/** The most slots that one host may use. */
const SHARE = 12;

describe('A host', () => {
  let service: Service;
  beforeEach(async () => {
    service = await startService({
      WORKER_WEBHOOK_CONCURRENCY: String(SLOTS),
      WORKER_LOOP_INTERVAL_MS: '3600000',
      WEBHOOK_DELIVERY_INTERVAL_MS: '50',
      WEBHOOK_TIMEOUT_SECS: '60',
      WEBHOOK_RETRY_BACKOFF_BASE_SECS: '0',
      WEBHOOK_MAX_ATTEMPTS: '1000',
    });
  });

  /** Starts a receiver that answers start calls only when the gate opens. */
  const hung = () => {
    const [receiver, gate] = [startReceiver(), new Gate()];
    receiver.reply('/start', { after: gate.opened });
    return { receiver, gate };
  };
  const many = (count: number, receiver: Receiver, rest?: object) =>
    Array.from({ length: count }, (_, i) => task(String(i), receiver.url('/start'), rest));
  const create = async (tasks: object[]) => idsOf(await service.create(tasks));

  describe('that hangs on start calls', () => {
    it('delays no other host, however much is queued for it, and keeps its share', async () => {
      const [{ receiver, gate }, well] = [hung(), startReceiver()];
      const stuck = await create(many(200, receiver));
      await receiver.waitFor(SHARE, '/start');
      await untilRunning(service, ...(await create(many(100, well))));
      expect(receiver.received('/start')).toHaveLength(SHARE);
      expect((await Scrape.of(service)).sum('hookline_start_full_hosts')).toBe(1);
      gate.open();
      await untilRunning(service, ...stuck);
      await eventually(async () => expect((await Scrape.of(service)).sum('hookline_start_full_hosts')).toBe(0));
    });

    it('does not cause constant scans of the queue', async () => {
      const [{ receiver, gate }, well] = [hung(), startReceiver()];
      const stuck = await create(many(50, receiver));
      await receiver.waitFor(SHARE, '/start');
      const database = provider(service, Database);
      const run = database.run.bind(database);
      const SCAN_MS = 50;
      let scans = 0;
      jest.spyOn(database, 'run').mockImplementation(async (each, ...values) => {
        if (each.name !== claimNext.name) return run(each, ...values);
        scans++;
        await pause(SCAN_MS);
        return run(each, ...values);
      });
      const begun = performance.now();
      for (let i = 0; i < 10; i++) await untilRunning(service, ...(await create(many(1, well))));
      // Each scan finds less than it wants, so the loop rests nine times its duration.
      expect(scans).toBeLessThanOrEqual(1 + (performance.now() - begun) / (10 * SCAN_MS));
      gate.open();
      await untilRunning(service, ...stuck);
    });

    it('leaves slots to others even when several hosts hang', async () => {
      const [one, two, well] = [hung(), hung(), startReceiver()];
      const stuck = await create([...many(50, one.receiver)]);
      await one.receiver.waitFor(SHARE, '/start');
      stuck.push(...(await create(many(50, two.receiver))));
      await two.receiver.waitFor(1, '/start');
      await untilRunning(service, ...(await create(many(50, well))));
      for (const { gate } of [one, two]) gate.open();
      await untilRunning(service, ...stuck);
    });

    it('delays nobody under a rule with capacity for both', async () => {
      const [{ receiver, gate }, well] = [hung(), startReceiver()];
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

    it('gets no more than its share of children that become Pending at once', async () => {
      const [{ receiver, gate }, well] = [hung(), startReceiver()];
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

  const notify = (well: Receiver, ...urls: string[]) => notifyOf(service, well.url('/start'), ...urls);

  describe('that gets notifications', () => {
    it.each<[what: string, status: number, after: () => string]>([
      ['429 and seconds', 429, () => '100'],
      ['503 and seconds', 503, () => '100'],
      ['503 and a date', 503, () => new Date(Date.now() + 101_000).toUTCString()],
    ])(
      'gets the call again after the time of Retry-After, and no other meanwhile (%s)',
      async (_what, status, retryAfter) => {
        const [well, busy] = [startReceiver(), startReceiver()];
        busy.reply('/busy', () => ({ status, headers: { 'retry-after': retryAfter() } }));
        const first = await notify(well, busy.url('/busy'));
        const [{ next_attempt_at, updated_at }] = await untilDeliveries(first, {
          attempts: 1,
          last_status: status,
          status: 'pending',
        });
        const waits = (Date.parse(next_attempt_at!) - Date.parse(updated_at)) / 1000;
        expect(waits).toBeGreaterThan(98);
        expect(waits).toBeLessThan(102);
        // Other deliveries to this host wait without losing an attempt; those to another host are sent.
        const [second, third] = [await notify(well, busy.url('/other')), await notify(well, well.url('/told'))];
        await untilDeliveries(third, { status: 'success' });
        await untilDeliveries(second, { status: 'pending', attempts: 0 });
        expect(busy.received('/other')).toEqual([]);
        expect((await Scrape.of(service)).sum('hookline_webhook_cooldown_hosts')).toBe(1);
      },
    );

    it('gets only that call later when a 500 has Retry-After, and others at once', async () => {
      const receiver = startReceiver();
      receiver.reply('/broken', { status: 500, headers: { 'retry-after': '100' } });
      const broken = await notify(receiver, receiver.url('/broken'));
      const [{ next_attempt_at, updated_at }] = await untilDeliveries(broken, {
        status: 'pending',
        attempts: 1,
        last_status: 500,
      });
      expect(Date.parse(next_attempt_at!) - Date.parse(updated_at)).toBeGreaterThan(98_000);
      await untilDeliveries(await notify(receiver, receiver.url('/told')), { status: 'success', attempts: 1 });
    });

    it.each(['soon', '-5', '1e3', '', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
      'has no cooldown after an invalid Retry-After: %s',
      async (retryAfter) => {
        const receiver = startReceiver();
        receiver.reply('/busy', { status: 503, headers: { 'retry-after': retryAfter } }, {});
        await untilDeliveries(await notify(receiver, receiver.url('/busy')), { status: 'success', attempts: 2 });
      },
    );

    it('is not called again after 410', async () => {
      const receiver = startReceiver();
      receiver.reply('/gone', { status: 410 });
      const [gone, told] = [receiver.url('/gone'), receiver.url('/told')];
      await untilDeliveries(await notify(receiver, gone), { status: 'exhausted', attempts: 1, last_status: 410 });
      await untilDeliveries(await notify(receiver, told), { status: 'success' });
    });

    it('has a cooldown while it is away, and gets everything when it is back', async () => {
      const [well, away] = [startReceiver(), startReceiver()];
      let isBack = false;
      away.reply('/told', () => (isBack ? {} : 'destroy'));
      const urls = Array<string>(19).fill(away.url('/told'));
      const all = [await notify(well, ...urls), await notify(well, ...urls)];
      await away.waitFor(5, '/told');
      // Other hosts get their notifications meanwhile.
      await untilDeliveries(await notify(well, well.url('/told')), { status: 'success' });
      isBack = true;
      for (const each of all) await untilDeliveries(each, { status: 'success' });
      const keys = away.received('/told').map(({ headers }) => headers['idempotency-key']);
      expect(new Set(keys).size).toBe(2 * urls.length);
    });

    it('has no cooldown because of one broken path', async () => {
      const receiver = startReceiver();
      let isWell = false;
      receiver.reply('/broken', () => ({ status: isWell ? 200 : 500 }));
      const broken = await notify(receiver, ...Array<string>(10).fill(receiver.url('/broken')));
      await receiver.waitFor(30, '/broken');
      await untilDeliveries(await notify(receiver, receiver.url('/told')), { status: 'success', attempts: 1 });
      isWell = true;
      await untilDeliveries(broken, { status: 'success' });
    });
  });

  describe('called by two replicas', () => {
    const startOther = () =>
      startReplica(service, {
        WORKER_WEBHOOK_CONCURRENCY: String(SLOTS),
        WORKER_LOOP_INTERVAL_MS: '50',
        WEBHOOK_DELIVERY_INTERVAL_MS: '50',
        WEBHOOK_TIMEOUT_SECS: '60',
      });

    it('has its share of the slots of each when it hangs, and delays nobody else', async () => {
      await startOther();
      const [{ receiver, gate }, well] = [hung(), startReceiver()];
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

    it('in cooldown on one gets everything from the other, once', async () => {
      const [well, busy] = [startReceiver(), startReceiver()];
      busy.reply('/told', { status: 503, headers: { 'retry-after': '100' } }, {});
      const first = await notify(well, busy.url('/told'));
      await untilDeliveries(first, { status: 'pending', attempts: 1, last_status: 503 });
      const others = await notify(well, ...Array<string>(19).fill(busy.url('/told')));
      await startOther();
      await untilDeliveries(others, { status: 'success', attempts: 1 });
      await makeDue(service);
      await untilDeliveries(first, { status: 'success', attempts: 2 });
      expect((await Scrape.of(service)).sum('hookline_webhook_cooldown_hosts')).toBe(1);
      const keys = busy.received('/told').map(({ headers }) => headers['idempotency-key']);
      expect(keys).toHaveLength(1 + 1 + 19);
      expect(new Set(keys).size).toBe(1 + 19);
    });
  });
});
