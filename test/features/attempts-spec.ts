import { DueLoop } from '../../src/task/delay/due.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { AT_ONCE, attemptsOf, failure } from '../support/attempts';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { age, makeDue } from '../support/rows';
import { provider, task, webhook } from '../support/service';

describe('Attempts', () => {
  const receiver = useReceiver();
  const service = useService(ASLEEP);
  const attempts = attemptsOf(service, receiver);
  const { newUrl, pathOf, callsTo, handleOf, untilCalled, keysTo, reportTo, create, untilStatus, runNow, whyOf } =
    attempts;
  afterEach(() => recount(service));

  describe('fences attempts that are over', () => {
    it.each<[method: string, report: object]>([
      ['PATCH', { status: 'Success' }],
      ['PATCH', { new_success: 1 }],
      ['PATCH', {}],
      ['PUT', { new_success: 1 }],
    ])('%s %j gets 409 and changes nothing', async (method, report) => {
      const url = newUrl();
      const id = await create(url, { max_attempts: 3, ...AT_ONCE });
      await untilRunning(service, id);
      await reportTo(url, 0, failure());
      await untilStatus(id, { status: 'Running', attempt: 2 });
      const before = await service.task(id);
      for (const query of ['', '?attempt=1', '?attempt=3']) {
        expect(await service.call(method, `/task/${id}${query}`, report)).toMatchObject({
          status: 409,
          body: { current_attempt: 2, current_status: 'Running' },
        });
      }
      expect(await service.task(id)).toEqual(before);
      expect((await reportTo(url, 1, report, method)).status).toBeLessThan(300);
    });

    it('reports of the same moment: the first ends the attempt, the others are about one that is over', async () => {
      const url = newUrl();
      const id = await create(url, { max_attempts: 2, delay_secs: 100 });
      await untilRunning(service, id);
      const answers = await Promise.all(Array.from({ length: 10 }, () => reportTo(url, 0, failure())));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused.map(({ status, body }) => [status, body.current_attempt, body.current_status])).toEqual(
        refused.map(() => [409, 2, 'Pending']),
      );
      expect(await attempts.list(id)).toHaveLength(2);
    });

    it.each(['attempt=0', 'attempt=x', 'attempt=1&attempt=2', 'attempt=', 'attempt=1.0', 'attempt=10000000'])(
      '%s is refused with the name of the parameter',
      async (query) => {
        const url = newUrl();
        const id = await create(url, { max_attempts: 2 });
        expect(await service.call('PATCH', `/task/${id}?${query}`, {})).toMatchObject({
          status: 400,
          body: { details: [expect.stringMatching(/^attempt: /)] },
        });
      },
    );
  });

  it('ignores the late answer to the start call of an attempt that is over', async () => {
    const url = newUrl();
    const late = new Gate();
    receiver.reply(pathOf(url), { after: late.opened, body: { status: 'Success' } }, {});
    const id = await create(url, { max_attempts: 2, ...AT_ONCE });
    await untilCalled(url, 1);
    // Reported before the start call is answered.
    expect((await reportTo(url, 0, failure())).status).toBe(200);
    await untilCalled(url, 2);
    await untilStatus(id, { status: 'Running', attempt: 2 });
    late.open();
    await eventually(async () => {
      const { body } = await service.call<{ idempotency_key: string; status: string }[]>(
        'GET',
        `/webhook-deliveries?task_id=${id}`,
      );
      expect(body.map(({ idempotency_key, status }) => `${idempotency_key} ${status}`).sort()).toEqual([
        `${id}:attempt-2:start success`,
        `${id}:start success`,
      ]);
    });
    expect(await service.task(id)).toMatchObject({ status: 'Running', attempt: 2 });
    expect((await reportTo(url, 1, { status: 'Success' })).status).toBe(200);
  });

  it('is started again only after the cancel call to the receiver that was silent', async () => {
    const [url, cancel] = [newUrl(), newUrl()];
    const answered = new Gate();
    receiver.reply(pathOf(url), { body: webhook(cancel) }, {});
    receiver.reply(pathOf(cancel), { after: answered.opened });
    const id = await create(url, { max_attempts: 2, ...AT_ONCE }, { timeout: 50 });
    await untilRunning(service, id);
    await age(service, id, 51);
    await provider(service, TimeoutLoop).runOnce();
    await untilCalled(cancel, 1);
    expect(await provider(service, DueLoop).runOnce()).toBe(0);
    expect(await whyOf(id)).toBe('Waits for the cancel call of attempt 1.');
    await runNow(id);
    expect(await provider(service, DueLoop).runOnce()).toBe(0);
    answered.open();
    await untilCalled(url, 2);
    expect(keysTo(cancel)).toEqual([`${id}:cancel`]);
    expect(handleOf(cancel, 0).search).toBe('');
    await untilStatus(id, { status: 'Running', attempt: 2, actions: [expect.objectContaining({ trigger: 'Start' })] });
    // The second attempt registered no cancel action.
    await service.call('DELETE', `/task/${id}`);
    await allDelivered(service);
    expect(keysTo(cancel)).toHaveLength(1);
  });

  it('starts although the cancel call fails, which is repeated', async () => {
    const [url, cancel] = [newUrl(), newUrl()];
    receiver.reply(pathOf(url), { body: webhook(cancel) }, {});
    receiver.reply(pathOf(cancel), { status: 500 }, {});
    const id = await create(url, { max_attempts: 2, ...AT_ONCE }, { timeout: 50 });
    await untilRunning(service, id);
    await age(service, id, 51);
    await provider(service, TimeoutLoop).runOnce();
    await untilCalled(url, 2);
    await eventually(async () => {
      await makeDue(service, { key: id });
      await provider(service, DeliveryLoop).runOnce();
      expect(callsTo(cancel)).toHaveLength(2);
    });
    expect(new Set(keysTo(cancel))).toEqual(new Set([`${id}:cancel`]));
  });

  it.each([
    ['canceled', 'DELETE', '/task/', 'Canceled'],
    ['paused', 'PATCH', '/task/pause/', 'Paused'],
  ])('can be %s while it waits for its next attempt', async (_, method, path, status) => {
    const url = newUrl();
    const id = await create(url, { max_attempts: 2, delay_secs: 1000 });
    await untilRunning(service, id);
    await reportTo(url, 0, failure());
    expect((await service.call(method, path + id)).status).toBe(200);
    await service.query('UPDATE task SET run_at = now() WHERE id = $1', [id]);
    expect(await provider(service, DueLoop).runOnce()).toBe(0);
    expect(await service.task(id)).toMatchObject({ status, attempt: 2 });
    if (status !== 'Paused') return;
    await service.call('PATCH', `/task/resume/${id}`);
    await untilCalled(url, 2);
  });

  it('stays paused when the receiver of its current attempt reports a failure', async () => {
    const url = newUrl();
    const id = await create(url, { max_attempts: 2, ...AT_ONCE });
    await untilRunning(service, id);
    await service.call('PATCH', `/task/pause/${id}`);
    expect((await reportTo(url, 0, failure())).status).toBe(200);
    expect(await service.task(id)).toMatchObject({ status: 'Paused', attempt: 2 });
    await service.call('PATCH', `/task/resume/${id}`);
    await untilStatus(id, { status: 'Running', attempt: 2 });
  });

  it('occupies no slot of its rule while it waits', async () => {
    const url = newUrl();
    const kind = `ruled ${url}`;
    const rules = [{ type: 'Concurrency', max_concurrency: 1, matcher: { kind, status: 'Running', fields: [] } }];
    const { a } = await service.create([task('a', url, { kind, rules, retry: { max_attempts: 2, delay_secs: 1000 } })]);
    await untilRunning(service, a);
    const { b } = await service.create([task('b', url, { kind, rules })]);
    await reportTo(url, 0, failure());
    await untilRunning(service, b);
    await runNow(a);
    await eventually(async () => expect(await whyOf(a)).toMatch(/^Concurrency/));
    await service.succeed(b);
    await untilStatus(a, { status: 'Running', attempt: 2 });
  });

  it('counts as Pending for deduplication while it waits', async () => {
    const url = newUrl();
    const kind = `once ${url}`;
    const id = await create(url, { max_attempts: 2, delay_secs: 1000 }, { kind });
    await untilRunning(service, id);
    await reportTo(url, 0, failure());
    const dedupe = (status: string) => [task('b', url, { kind, dedupe_strategy: [{ kind, status, fields: [] }] })];
    expect((await service.call('POST', '/task', dedupe('Pending'))).status).toBe(204);
    expect((await service.call('POST', '/task', dedupe('Running'))).status).toBe(201);
  });
});
