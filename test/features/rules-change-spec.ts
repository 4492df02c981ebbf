import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { age, claim } from '../support/rows';
import { capacity, concurrency, untilBlocked } from '../support/rules';
import { provider, task } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';
/** No interval helps here: whatever frees a task must wake the start loop. */
const DAY_MS = '86400000';
const DAY_SECS = 86_400;

interface Holding {
  batch: string;
  /** Runs, and leaves no capacity for the other. */
  holder: string;
  blocked: string;
}

const service = useService({ WORKER_LOOP_INTERVAL_MS: DAY_MS, WORKER_CLAIM_TIMEOUT_SECS: '10' });
const receiver = useReceiver();
const START = receiver.url('/start');

const update = (batch: string, kind: unknown, rules: unknown) =>
  service.call('PATCH', `/batch/${batch}/rules`, { kind, rules });

describe('Rules admit a blocked task', () => {
  let kinds = 0;

  const newKind = () => `kind-${kinds++}`;
  const statusOf = async (id: string) => (await service.task(id)).status;

  /** Creates two tasks of a kind of their own, of which the rule admits one. */
  async function holding(
    rule: (kind: string, max: number) => object = concurrency,
    rest: object = {},
  ): Promise<Holding & { kind: string }> {
    const kind = newKind();
    const common = { kind, rules: [rule(kind, 1)], expected_count: 5, metadata: { group: 1 }, ...rest };
    const { batch, holder } = await service.create([task('holder', START, common)]);
    await untilRunning(service, holder);
    const { blocked } = await service.create([task('blocked', START, { ...common, priority: 10 })]);
    await untilBlocked(service, blocked);
    return { batch, holder, blocked, kind };
  }

  describe('as soon as the running one', () => {
    it.each<[what: string, how: (holding: Holding) => Promise<unknown>]>([
      ['succeeds', ({ holder }) => service.succeed(holder)],
      ['fails', ({ holder }) => service.fail(holder)],
      ['is canceled', ({ holder }) => service.call('DELETE', `/task/${holder}`)],
      ['is stopped with its batch', ({ batch }) => service.call('DELETE', `/batch/${batch}`)],
      [
        'times out',
        async ({ holder }) => {
          await age(service, holder, DAY_SECS);
          expect(await provider(service, TimeoutLoop).runOnce()).toBe(1);
        },
      ],
      [
        'is requeued while it is paused',
        async ({ holder }) => {
          await claim(service, holder);
          await service.call('PATCH', `/task/pause/${holder}`);
          expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(1);
        },
      ],
    ])('%s', async (_what, how) => {
      const held = await holding();
      await how(held);
      await untilRunning(service, held.blocked);
    });

    it('moves to another group by its metadata', async () => {
      const { holder, blocked } = await holding((kind) => concurrency(kind, 1, ['group']));
      await service.report(holder, { metadata: { group: 2 } });
      await untilRunning(service, blocked);
    });

    it('is reported to have less work', async () => {
      const { holder, blocked } = await holding(capacity);
      await service.report(holder, { expected_count: 0 });
      await untilRunning(service, blocked);
    });

    it('has done its work, even before it ends', async () => {
      const { holder, blocked } = await holding(capacity);
      await service.call('PUT', `/task/${holder}`, { new_success: 3, new_failures: 2 });
      await untilRunning(service, blocked);
    });
  });

  describe('but not', () => {
    it('while the start call of the other task is in flight', async () => {
      const gate = new Gate();
      receiver.reply('/slow', { after: gate.opened });
      const kind = newKind();
      const rest = { kind, rules: [concurrency(kind)] };
      const { first, second } = await service.create([
        task('first', receiver.url('/slow'), rest),
        task('second', START, rest),
      ]);
      await receiver.waitFor(1, '/slow');
      await untilBlocked(service, second);
      expect(await statusOf(first)).toBe('Claimed');
      gate.open();
      await untilRunning(service, first);
      expect(await statusOf(second)).toBe('Pending');
    });

    it('while the other task is paused, which keeps its slot', async () => {
      const { holder, blocked } = await holding();
      await service.call('PATCH', `/task/pause/${holder}`);
      // Its turn comes after the blocked task, so both have been decided on.
      const { free } = await service.create([task('free', START, { priority: -1000 })]);
      await untilRunning(service, free);
      expect(await statusOf(blocked)).toBe('Pending');
      await service.succeed(holder);
      await untilRunning(service, blocked);
    });
  });

  describe('whose rule counts tasks of another status, as soon as one leaves it', () => {
    it('when it is claimed', async () => {
      const kind = newKind();
      const { lock } = await service.create([task('lock', START, { kind: `${kind}-lock` })]);
      await untilRunning(service, lock);
      const { held } = await service.create([task('held', START, { kind, rules: [concurrency(`${kind}-lock`)] })]);
      await untilBlocked(service, held);
      const { blocked } = await service.create([
        task('blocked', START, { rules: [concurrency(kind, 1, [], 'Pending')] }),
      ]);
      await untilBlocked(service, blocked);
      await service.succeed(lock);
      await untilRunning(service, held, blocked);
    });

    it('when its start call is answered', async () => {
      const gate = new Gate();
      receiver.reply('/answered-later', { after: gate.opened });
      const kind = newKind();
      await service.create([task('calling', receiver.url('/answered-later'), { kind })]);
      await receiver.waitFor(1, '/answered-later');
      const { blocked } = await service.create([
        task('blocked', START, { rules: [concurrency(kind, 1, [], 'Claimed')] }),
      ]);
      await untilBlocked(service, blocked);
      gate.open();
      await untilRunning(service, blocked);
    });
  });

  it('for each of hundreds of values separately', async () => {
    const kind = newKind();
    const make = (name: string, rest: object = {}) =>
      Array.from({ length: 300 }, (_, customer) =>
        task(`${name}-${customer}`, START, {
          kind,
          metadata: { plan: { level: 1 }, customer },
          rules: [concurrency(kind, 1, ['customer', 'plan'])],
          ...rest,
        }),
      );
    const { batch: first, ...holders } = await service.create(make('holder'));
    await untilRunning(service, ...Object.values(holders));
    const { batch: second, ...blocked } = await service.create(make('blocked'));
    await untilBlocked(service, blocked['blocked-299']);
    const even = Array.from({ length: 150 }, (_, i) => 2 * i);
    await Promise.all(even.map((customer) => service.succeed(holders[`holder-${customer}`])));
    await untilRunning(service, ...even.map((customer) => blocked[`blocked-${customer}`]));
    expect(await statusOf(blocked['blocked-299'])).toBe('Pending');
    for (const batch of [first, second]) await service.call('DELETE', `/batch/${batch}`);
  });

  it('in the order of priority, not a task that is created just as capacity becomes free', async () => {
    const kind = newKind();
    const common = { kind, rules: [concurrency(kind, 1)] };
    const { holder } = await service.create([task('holder', START, common)]);
    await untilRunning(service, holder);
    const high = await service.create([
      task('later', START, { ...common, priority: 9 }),
      task('first', START, { ...common, priority: 10 }),
    ]);
    await untilBlocked(service, high.later);
    await untilBlocked(service, high.first);
    const order: string[] = [];
    const low: string[] = [];
    let running = holder;
    for (const next of [high.first, high.later]) {
      // These are created and claimed during the end, before any key is updated.
      const [created] = await Promise.all([
        service.create(Array.from({ length: 5 }, (_, i) => task(`low${i}`, START, { ...common, priority: -1 }))),
        service.succeed(running),
      ]);
      low.push(...Object.values(created).slice(1));
      await eventually(async () => {
        const states = await Promise.all([high.first, high.later, ...low].map(async (id) => [id, await statusOf(id)]));
        order.push(...states.filter(([id, s]) => s === 'Running' && !order.includes(id)).map(([id]) => id));
        expect(order).toContain(next);
      });
      running = next;
    }
    expect(order).toEqual([high.first, high.later]);
    await service.call('DELETE', `/task/${running}`);
  });

  it('in the older spelling too', async () => {
    const old = (kind: string) => ({
      type: 'Concurency',
      max_concurency: 1,
      matcher: { kind, status: 'Running', fields: [] },
    });
    const { holder, blocked } = await holding(old);
    await service.succeed(holder);
    await untilRunning(service, blocked);
  });

  it('but never while a matching task in a terminal status blocks it', async () => {
    const kind = newKind();
    const { bad } = await service.create([task('bad', START, { kind })]);
    await untilRunning(service, bad);
    await service.fail(bad);
    const { blocked } = await service.create([
      task('blocked', START, { rules: [concurrency(kind, 1, [], 'Failure')] }),
    ]);
    await untilBlocked(service, blocked);
  });

  it('but never with a limit of 0', async () => {
    const kind = newKind();
    const { holder, blocked } = await holding();
    // Earlier versions accepted this limit.
    const rules = JSON.stringify([concurrency(kind, 0)]);
    await service.query('UPDATE task_definition SET rules = $2 WHERE id = $1', [blocked, rules]);
    await service.succeed(holder);
    const { free } = await service.create([task('free', START, { priority: -1000 })]);
    await untilRunning(service, free);
    await untilBlocked(service, blocked);
  });

  describe('when PATCH /batch/{id}/rules replaces the rules', () => {
    it('of unfinished tasks of the kind in the batch, and of no others', async () => {
      const kind = newKind();
      const made = { kind, rules: [concurrency(kind, 7)] };
      const { batch, ended, first, second, other } = await service.create([
        task('ended', START, made),
        task('first', START, made),
        task('second', START, made),
        task('other', START, { rules: [concurrency(kind, 7)] }),
      ]);
      const { elsewhere } = await service.create([task('elsewhere', START, made)]);
      await untilRunning(service, ended, first, second, other, elsewhere);
      await service.succeed(ended);
      expect(await update(batch, kind, [concurrency(kind, 3)])).toMatchObject({
        status: 200,
        body: { batch_id: batch, kind, updated_count: 2 },
      });
      const limits = await Promise.all(
        [ended, first, second, other, elsewhere].map(async (id) => (await service.task(id)).rules),
      );
      expect(limits).toEqual([7, 3, 3, 7, 7].map((max) => [concurrency(kind, max)]));
      expect((await update(batch, kind, [])).body).toMatchObject({ updated_count: 2 });
      expect((await service.task(first)).rules).toEqual([]);
      expect((await update(batch, 'no such kind', [])).body).toMatchObject({ updated_count: 0 });
    });

    it('though not a task without expected_count by a Capacity rule', async () => {
      const kind = newKind();
      const { batch, holder, unknown } = await service.create([
        task('holder', START, { kind, rules: [concurrency(kind)] }),
        task('unknown', START, { kind, rules: [concurrency(kind)] }),
      ]);
      await untilRunning(service, holder);
      await update(batch, kind, [capacity(kind, 100)]);
      await untilBlocked(service, unknown);
      await service.succeed(holder);
      await update(batch, kind, [concurrency(kind)]);
      await untilRunning(service, unknown);
    });
  });
});

describe('PATCH /batch/{id}/rules', () => {
  it('is answered 404 for an unknown batch and 400 for an invalid body', async () => {
    const { batch } = await service.create([task('a', START)]);
    expect((await update(NOBODY, 'test', [])).status).toBe(404);
    expect((await update('17', 'test', [])).status).toBe(400);
    const faults = async (kind: unknown, rules: unknown) => (await update(batch, kind, rules)).body.details as string[];
    expect((await faults(undefined, []))[0]).toMatch(/^kind: /);
    expect((await faults(5, []))[0]).toMatch(/^kind: /);
    expect((await faults('test', undefined))[0]).toMatch(/^rules: /);
    expect((await faults('test', {}))[0]).toMatch(/^rules: /);
    expect((await faults('test', [{ type: 'Magic' }]))[0]).toMatch(/^rules\[0\]\./);
  });
});
