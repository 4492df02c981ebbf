import { randomUUID } from 'node:crypto';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { untilRunning } from '../support/graph';
import { Gate } from '../support/gate';
import { eventually } from '../support/poll';
import { Receiver } from '../support/receiver';
import { provider, Service, task } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';
/** Nothing here waits for a look around: what frees a task must wake whoever starts it. */
const DAY_MS = '86400000';

interface Holding {
  batch: string;
  /** Runs, and leaves no room for the other. */
  holder: string;
  blocked: string;
}

describe('What rules admit changes', () => {
  let service: Service;
  let receiver: Receiver;
  let START: string;
  let kinds = 0;
  beforeAll(async () => {
    receiver = await Receiver.start();
    START = receiver.url('/start');
    service = await Service.start({ WORKER_LOOP_INTERVAL_MS: DAY_MS, WORKER_CLAIM_TIMEOUT_SECS: '10' });
  });
  afterAll(async () => {
    await service.stop();
    await receiver.close();
  });

  const concurrency = (kind: string, max_concurrency = 1, fields: string[] = []) => ({
    type: 'Concurrency',
    max_concurrency,
    matcher: { kind, status: 'Running', fields },
  });
  const capacity = (kind: string, max_capacity: number) => ({
    type: 'Capacity',
    max_capacity,
    matcher: { kind, status: 'Running', fields: [] },
  });
  const newKind = () => `kind-${kinds++}`;
  const statusOf = async (id: string) => (await service.task(id)).status;
  const untilBlocked = (id: string) =>
    eventually(async () => {
      const [row] = await service.query('SELECT status, blocked_by IS NOT NULL AS aside FROM task WHERE id = $1', [id]);
      expect(row).toEqual({ status: 'Pending', aside: true });
    });
  const update = (batch: string, kind: unknown, rules: unknown) =>
    service.call('PATCH', `/batch/${batch}/rules`, { kind, rules });

  /** Two tasks of a kind of their own, of which the rule admits one. */
  async function holding(
    rule: (kind: string, max: number) => object = concurrency,
    rest: object = {},
  ): Promise<Holding & { kind: string }> {
    const kind = newKind();
    const common = { kind, rules: [rule(kind, 1)], expected_count: 5, metadata: { lane: 1 }, ...rest };
    const { batch, holder } = await service.create([task('holder', START, common)]);
    await untilRunning(service, holder);
    const { blocked } = await service.create([task('blocked', START, { ...common, priority: 10 })]);
    await untilBlocked(blocked);
    return { batch, holder, blocked, kind };
  }

  describe('at once for a task that was blocked, when the one that was in its way', () => {
    it.each<[what: string, how: (holding: Holding) => Promise<unknown>]>([
      ['succeeds', ({ holder }) => service.succeed(holder)],
      ['fails', ({ holder }) => service.fail(holder)],
      ['is canceled', ({ holder }) => service.call('DELETE', `/task/${holder}`)],
      ['is stopped with its batch', ({ batch }) => service.call('DELETE', `/batch/${batch}`)],
      [
        'is silent for too long',
        async ({ holder }) => {
          const silence = `UPDATE task SET last_updated = now() - interval '1 day', deadline = now() WHERE id = $1`;
          await service.query(silence, [holder]);
          expect(await provider(service, TimeoutLoop).runOnce()).toBe(1);
        },
      ],
      [
        'was claimed by a worker that was lost, and is not to be started again just now',
        async ({ holder }) => {
          await service.query(
            `UPDATE task SET status = 'Paused', paused_from = 'Claimed', deadline = NULL,
                             claimed_by = $2, claimed_at = now() - interval '1 hour'
             WHERE id = $1`,
            [holder, randomUUID()],
          );
          expect(await provider(service, StaleClaimsLoop).runOnce()).toBe(1);
        },
      ],
    ])('%s', async (_what, how) => {
      const held = await holding();
      await how(held);
      await untilRunning(service, held.blocked);
    });

    it('turns out to be of another sort, by its metadata', async () => {
      const { holder, blocked } = await holding((kind) => concurrency(kind, 1, ['lane']));
      await service.report(holder, { metadata: { lane: 2 } });
      await untilRunning(service, blocked);
    });

    it('turns out to have less to do', async () => {
      const { holder, blocked } = await holding(capacity);
      await service.report(holder, { expected_count: 0 });
      await untilRunning(service, blocked);
    });

    it('has done its work, though it goes on', async () => {
      const { holder, blocked } = await holding(capacity);
      await service.call('PUT', `/task/${holder}`, { new_success: 3, new_failures: 2 });
      await untilRunning(service, blocked);
    });
  });

  describe('not', () => {
    it('while the start call of the task in the way is in flight', async () => {
      const gate = new Gate();
      receiver.reply('/slow', { after: gate.opened });
      const kind = newKind();
      const rest = { kind, rules: [concurrency(kind)] };
      const { first, second } = await service.create([
        task('first', receiver.url('/slow'), rest),
        task('second', START, rest),
      ]);
      await receiver.waitFor(1, '/slow');
      await untilBlocked(second);
      expect(await statusOf(first)).toBe('Claimed');
      gate.open();
      await untilRunning(service, first);
      expect(await statusOf(second)).toBe('Pending');
    });

    it('when the task in the way is paused, for it keeps its place', async () => {
      const { holder, blocked } = await holding();
      await service.call('PATCH', `/task/pause/${holder}`);
      // Whatever comes after it in the same queue has been decided on, and so has the blocked one.
      const { free } = await service.create([task('free', START, { priority: -1000 })]);
      await untilRunning(service, free);
      expect(await statusOf(blocked)).toBe('Pending');
      await service.succeed(holder);
      await untilRunning(service, blocked);
    });
  });

  describe('where the rule counts tasks in another state, when one of them leaves it', () => {
    const inState = (kind: string, status: string) => ({
      type: 'Concurrency',
      max_concurrency: 1,
      matcher: { kind, status, fields: [] },
    });

    it('because it is claimed', async () => {
      const kind = newKind();
      const { lock } = await service.create([task('lock', START, { kind: `${kind}-lock` })]);
      await untilRunning(service, lock);
      const { held } = await service.create([task('held', START, { kind, rules: [concurrency(`${kind}-lock`)] })]);
      await untilBlocked(held);
      const { blocked } = await service.create([task('blocked', START, { rules: [inState(kind, 'Pending')] })]);
      await untilBlocked(blocked);
      await service.succeed(lock);
      await untilRunning(service, held, blocked);
    });

    it('because its start call is answered', async () => {
      const gate = new Gate();
      receiver.reply('/answered-later', { after: gate.opened });
      const kind = newKind();
      await service.create([task('calling', receiver.url('/answered-later'), { kind })]);
      await receiver.waitFor(1, '/answered-later');
      const { blocked } = await service.create([task('blocked', START, { rules: [inState(kind, 'Claimed')] })]);
      await untilBlocked(blocked);
      gate.open();
      await untilRunning(service, blocked);
    });
  });

  it('for each of hundreds of values by itself', async () => {
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
    await untilBlocked(blocked['blocked-299']);
    const even = Array.from({ length: 150 }, (_, i) => 2 * i);
    await Promise.all(even.map((customer) => service.succeed(holders[`holder-${customer}`])));
    await untilRunning(service, ...even.map((customer) => blocked[`blocked-${customer}`]));
    expect(await statusOf(blocked['blocked-299'])).toBe('Pending');
    for (const batch of [first, second]) await service.call('DELETE', `/batch/${batch}`);
  });

  it('for the first in order, and not for one that comes just as there is room', async () => {
    const kind = newKind();
    const common = { kind, rules: [concurrency(kind, 1)] };
    const { holder } = await service.create([task('holder', START, common)]);
    await untilRunning(service, holder);
    const high = await service.create([
      task('later', START, { ...common, priority: 9 }),
      task('first', START, { ...common, priority: 10 }),
    ]);
    await untilBlocked(high.later);
    await untilBlocked(high.first);
    const order: string[] = [];
    const low: string[] = [];
    let running = holder;
    for (const next of [high.first, high.later]) {
      // It is created and claimed while the end is under way, of which no key has been told yet.
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

  it('with the older spelling as with the other', async () => {
    const old = (kind: string) => ({
      type: 'Concurency',
      max_concurency: 1,
      matcher: { kind, status: 'Running', fields: [] },
    });
    const { holder, blocked } = await holding(old);
    await service.succeed(holder);
    await untilRunning(service, blocked);
  });

  it('with tasks in another state, where a rule counts those', async () => {
    const kind = newKind();
    const rule = { type: 'Concurrency', max_concurrency: 1, matcher: { kind, status: 'Failure', fields: [] } };
    const { bad } = await service.create([task('bad', START, { kind })]);
    await untilRunning(service, bad);
    await service.fail(bad);
    const { blocked } = await service.create([task('blocked', START, { rules: [rule] })]);
    await untilBlocked(blocked);
  });

  it('never for a limit of nothing', async () => {
    const kind = newKind();
    const { holder, blocked } = await holding();
    // A version before this one accepted such a limit.
    const rules = JSON.stringify([concurrency(kind, 0)]);
    await service.query('UPDATE task_definition SET rules = $2 WHERE id = $1', [blocked, rules]);
    await service.succeed(holder);
    const { free } = await service.create([task('free', START, { priority: -1000 })]);
    await untilRunning(service, free);
    await untilBlocked(blocked);
  });

  describe('by PATCH /batch/{id}/rules', () => {
    it('for the unfinished tasks of the kind in the batch, and for no others', async () => {
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

    it('and a task that never said how much it has to do waits for a Capacity rule that comes later', async () => {
      const kind = newKind();
      const { batch, holder, unknown } = await service.create([
        task('holder', START, { kind, rules: [concurrency(kind)] }),
        task('unknown', START, { kind, rules: [concurrency(kind)] }),
      ]);
      await untilRunning(service, holder);
      await update(batch, kind, [capacity(kind, 100)]);
      await untilBlocked(unknown);
      await service.succeed(holder);
      await update(batch, kind, [concurrency(kind)]);
      await untilRunning(service, unknown);
    });

    it('is 404 for a batch that does not exist, and 400 for what is not valid', async () => {
      const { batch } = await service.create([task('a', START)]);
      expect((await update(NOBODY, 'test', [])).status).toBe(404);
      expect((await update('17', 'test', [])).status).toBe(400);
      const faults = async (kind: unknown, rules: unknown) =>
        (await update(batch, kind, rules)).body.details as string[];
      expect((await faults(undefined, []))[0]).toMatch(/^kind: /);
      expect((await faults(5, []))[0]).toMatch(/^kind: /);
      expect((await faults('test', undefined))[0]).toMatch(/^rules: /);
      expect((await faults('test', {}))[0]).toMatch(/^rules: /);
      expect((await faults('test', [{ type: 'Magic' }]))[0]).toMatch(/^rules\[0\]\./);
    });
  });
});
