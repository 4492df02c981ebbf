import { Database } from '../../src/database/database';
import { leaseDue } from '../../src/webhook/sql/lease-due';
import { startReceiver, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { provider, task, webhook } from '../support/service';

const CONCURRENCY = 8;

describe('Deliveries', () => {
  const service = useService({
    WEBHOOK_DELIVERY_CONCURRENCY: String(CONCURRENCY),
    WEBHOOK_DELIVERY_INTERVAL_MS: '3600000',
    WEBHOOK_TIMEOUT_SECS: '1',
    WEBHOOK_MAX_ATTEMPTS: '1',
  });
  const receiver = useReceiver();

  /** Queues a notification to each of these URLs, 19 in one commit. */
  const notify = async (urls: string[]) => {
    const { a } = await service.create([
      task('a', receiver.url('/start'), { on_success: urls.slice(0, 19).map((url) => webhook(url)) }),
    ]);
    await eventually(async () => expect(await service.task(a)).toMatchObject({ status: 'Running' }));
    await service.succeed(a);
    if (urls.length > 19) await notify(urls.slice(19));
  };
  const pending = async () => (await service.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox'))[0].n;

  it('to a host that does not answer do not delay those to another', async () => {
    const dead = startReceiver();
    dead.reply('/dead', 'silence');
    await notify(Array<string>(12).fill(dead.url('/dead')));
    await dead.waitFor(1);
    await notify(Array<string>(40).fill(receiver.url('/alive')));
    await receiver.waitFor(40, '/alive');
    // Most deliveries to the dead host still wait.
    expect(await pending()).toBeGreaterThan(4);
    await dead.close();
    await eventually(async () => expect(await pending()).toBe(0));
  });

  it('to hosts that do not answer do not keep the service busy', async () => {
    const dead = startReceiver();
    dead.reply('/dead', 'silence');
    const run = jest.spyOn(provider(service, Database), 'run');
    await notify(Array<string>(6).fill(dead.url('/dead')));
    // Each of them takes the whole timeout, a few at a time.
    await eventually(async () => expect(await service.query('SELECT FROM outbox')).toEqual([]));
    const scans = run.mock.calls.filter(([{ name }]) => name === leaseDue.name);
    run.mockRestore();
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.length).toBeLessThan(50);
  });

  it('to a host in cooldown do not keep the service busy, and are sent when that ends', async () => {
    const resting = startReceiver();
    resting.reply('/rests', { status: 503, headers: { 'retry-after': '5' } }, {});
    const queued = () => service.query('SELECT FROM outbox');
    await notify([resting.url('/rests')]);
    await eventually(async () => expect(await queued()).toEqual([]));
    await notify(Array<string>(19).fill(resting.url('/rests')));
    const run = jest.spyOn(provider(service, Database), 'run');
    for (let i = 0; i < 5; i++) await notify(Array<string>(4).fill(receiver.url(`/beside-${i}`)));
    await notify([resting.url('/rests')]);
    await receiver.waitFor(20, ({ path }) => path.startsWith('/beside'));
    const scans = run.mock.calls.filter(([{ name }]) => name === leaseDue.name);
    run.mockRestore();
    expect(scans.length).toBeLessThan(5);
    await eventually(async () => expect(await queued()).toEqual([]), { timeoutMs: 20_000 });
    expect(resting.received('/rests')).toHaveLength(21);
  });

  it('use as many slots as configured, and no more', async () => {
    const gate = new Gate();
    let inFlight = 0;
    let most = 0;
    const receivers = Array.from({ length: 5 }, startReceiver);
    for (const each of receivers)
      each.reply('/held', async () => {
        most = Math.max(most, ++inFlight);
        await gate.opened;
        inFlight--;
        return {};
      });
    await notify(receivers.flatMap((each) => Array<string>(10).fill(each.url('/held'))));
    await eventually(() => expect(inFlight).toBe(CONCURRENCY));
    gate.open();
    await eventually(async () => expect(await service.query('SELECT FROM outbox')).toEqual([]));
    expect(most).toBe(CONCURRENCY);
    expect(receivers.map((each) => each.received('/held').length)).toEqual([10, 10, 10, 10, 10]);
  });

  it('that find no slot here are left to other replicas, however many hosts they are for', async () => {
    const dead = Array.from({ length: 9 }, startReceiver);
    for (const each of dead) each.reply('/dead', 'silence');
    await notify(dead.flatMap((each) => [each.url('/dead'), each.url('/dead')]));
    const [{ n }] = await service.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox WHERE attempts > 0');
    expect(n).toBeLessThanOrEqual(CONCURRENCY);
    for (const each of dead) await each.close();
    await eventually(async () => expect(await pending()).toBe(0));
  });

  it('go out as soon as earlier ones of their host are through', async () => {
    await notify(Array<string>(100).fill(receiver.url('/many')));
    await receiver.waitFor(100, '/many');
    await eventually(async () => expect(await service.query('SELECT FROM outbox')).toEqual([]));
    expect(new Set(receiver.received('/many').map(({ headers }) => headers['idempotency-key'])).size).toBe(100);
    expect(receiver.received('/many')).toHaveLength(100);
  });
});
