import { DueLoop } from '../../src/task/delay/due.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { DeliveryLoop } from '../../src/webhook/delivery.loop';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { age, makeDue } from '../support/rows';
import { after, provider, type Task, task, webhook } from '../support/service';

const AT_ONCE = { delay_secs: 0 };

describe('A task with a retry policy', () => {
  const receiver = useReceiver();
  const service = useService(ASLEEP);
  afterEach(() => recount(service));

  let paths = 0;
  const newUrl = () => receiver.url(`/${++paths}`);
  const callsTo = (url: string) => receiver.received(new URL(url).pathname);
  const untilCalled = (url: string, times: number) => receiver.waitFor(times, new URL(url).pathname);
  const keysTo = (url: string) => callsTo(url).map(({ headers }) => headers['idempotency-key']);
  const handleOf = (url: string, call: number) => new URL(callsTo(url)[call].query.get('handle')!);
  /** Reports to the handle that a start call carried. */
  const reportTo = (url: string, call: number, report: object, method = 'PATCH') => {
    const { pathname, search } = handleOf(url, call);
    return service.call(method, pathname + search, report);
  };
  const failure = (failure_reason = 'Broken', rest: object = {}) => ({ status: 'Failure', failure_reason, ...rest });
  const attemptsOf = async (id: string) =>
    (await service.call<Record<string, unknown>[]>('GET', `/task/${id}/attempts`)).body;
  const create = async (url: string, retry: object, rest: object = {}) =>
    (await service.create([task('a', url, { retry, ...rest })])).a;
  /** Seconds until the next attempt. */
  const pauseOf = async (id: string) => {
    const [{ pause }] = await service.query<{ pause: number }>(
      'SELECT extract(epoch FROM run_at - last_updated)::float8 AS pause FROM task WHERE id = $1',
      [id],
    );
    return pause;
  };
  const untilStatus = (id: string, fields: Partial<Task>) =>
    eventually(async () => expect(await service.task(id)).toMatchObject(fields));
  const runNow = async (id: string) =>
    expect((await service.call('PATCH', `/task/${id}`, { run_at: null })).status).toBe(200);

  it('is called again after a reported failure, with its own handle and key', async () => {
    const url = newUrl();
    const id = await create(url, { max_attempts: 2, ...AT_ONCE }, { expected_count: 5 });
    await untilRunning(service, id);
    await reportTo(url, 0, { new_success: 2, metadata: { step: 1 }, priority: 7 });
    expect((await reportTo(url, 0, failure('Broken', { new_failures: 1 }))).status).toBe(200);
    await untilCalled(url, 2);
    await untilStatus(id, { status: 'Running', attempt: 2 });
    expect(keysTo(url)).toEqual([`${id}:start`, `${id}:attempt-2:start`]);
    expect(callsTo(url).map(({ headers }) => headers['x-task-attempt'])).toEqual(['1', '2']);
    expect(callsTo(url).map(({ query }) => query.get('handle'))).toEqual([
      `${service.url}/task/${id}`,
      `${service.url}/task/${id}?attempt=2`,
    ]);
    expect(await service.task(id)).toMatchObject({
      success: 0,
      failures: 0,
      failure_reason: null,
      expected_count: 5,
      priority: 7,
      metadata: { step: 1 },
    });
    expect((await reportTo(url, 1, { status: 'Success', new_success: 5 })).status).toBe(200);
    expect(await attemptsOf(id)).toEqual([
      expect.objectContaining({ attempt: 2, status: 'Success', failure_reason: null, success: 5, failures: 0 }),
      {
        attempt: 1,
        status: 'Failure',
        failure_reason: 'Broken',
        success: 2,
        failures: 1,
        started_at: expect.any(String) as string,
        ended_at: expect.any(String) as string,
      },
    ]);
  });

  it('fails with its last attempt, and only then tells anyone', async () => {
    const [url, sorry, done] = [newUrl(), newUrl(), newUrl()];
    const { a, child, batch } = await service.create({
      tasks: [
        task('a', url, { retry: { max_attempts: 5, ...AT_ONCE }, on_failure: [webhook(sorry)] }),
        task('child', url, after(['a'])),
      ],
      on_batch_complete: [webhook(done)],
    } as never);
    for (let attempt = 1; attempt <= 5; attempt++) {
      await untilStatus(a, { status: 'Running', attempt });
      expect((await service.task(child)).status).toBe('Waiting');
      expect((await reportTo(url, attempt - 1, failure(`Number ${attempt}`))).status).toBe(200);
    }
    expect(await service.task(a)).toMatchObject({ status: 'Failure', attempt: 5, failure_reason: 'Number 5' });
    expect(await statesOf(service, batch)).toEqual({ a: 'Failure', child: 'Failure' });
    await allDelivered(service);
    expect(keysTo(sorry)).toEqual([`${a}:attempt-5:end:failure`]);
    expect(keysTo(done)).toEqual([`batch:${batch}:complete`]);
    expect((await attemptsOf(a)).map(({ failure_reason }) => failure_reason)).toEqual(
      [5, 4, 3, 2, 1].map((attempt) => `Number ${attempt}`),
    );
    expect((await service.call<Task[]>('GET', `/task?attempt_above=4&batch_id=${batch}`)).body).toHaveLength(1);
    expect((await service.call<Task[]>('GET', `/task?attempt_above=5&batch_id=${batch}`)).body).toHaveLength(0);
  });

  it.each([
    ['a refused start call', 'start'],
    ['silence', 'timeout'],
    ['a reported failure', 'failure'],
  ])('is retried after %s only if its policy says so', async (_, how) => {
    const others = ['start', 'timeout', 'failure'].filter((each) => each !== how);
    for (const [on, status] of [
      [[how], 'Pending'],
      [others, 'Failure'],
    ] as const) {
      const url = newUrl();
      if (how === 'start') receiver.reply(new URL(url).pathname, { status: 500 });
      const id = await create(url, { max_attempts: 2, delay_secs: 100, on }, { timeout: 50 });
      await untilCalled(url, 1);
      if (how !== 'start') await untilRunning(service, id);
      if (how === 'failure') await service.fail(id);
      if (how === 'timeout') {
        await age(service, id, 51);
        expect(await provider(service, TimeoutLoop).runOnce()).toBe(1);
      }
      await untilStatus(id, { status, attempt: status === 'Pending' ? 2 : 1 });
    }
  });

  it('waits for pauses that grow, up to the longest, with a random share', async () => {
    const url = newUrl();
    const retry = { max_attempts: 5, delay_secs: 100, factor: 3, max_delay_secs: 500, jitter: 0 };
    const id = await create(url, retry);
    const pauses: number[] = [];
    for (let attempt = 1; attempt < 5; attempt++) {
      await untilStatus(id, { status: 'Running', attempt });
      await reportTo(url, attempt - 1, failure());
      pauses.push(await pauseOf(id));
      expect((await service.call<{ summary: string }>('GET', `/task/${id}/why`)).body.summary).toMatch(
        new RegExp(`^Waits for attempt ${attempt + 1} of 5 at \\S+Z\\.$`),
      );
      await runNow(id);
    }
    expect(pauses).toEqual([100, 300, 500, 500]);
  });

  it('does not return together with a thousand others that failed at the same moment', async () => {
    const url = newUrl();
    receiver.reply(new URL(url).pathname, { body: failure() });
    const retry = { max_attempts: 2, delay_secs: 1000, jitter: 0.5 };
    const { batch } = await service.create(Array.from({ length: 1000 }, (_, i) => task(String(i), url, { retry })));
    const spread = await eventually(async () => {
      const rows = await service.query<{ at: number }>(
        'SELECT extract(epoch FROM run_at - last_updated)::float8 AS at FROM task WHERE batch_id = $1 AND delayed ORDER BY 1',
        [batch],
      );
      expect(rows).toHaveLength(1000);
      return rows.map(({ at }) => at);
    });
    expect([spread[0] >= 500, spread[999] <= 1000]).toEqual([true, true]);
    // Each tenth of the span has its share.
    const tenths = Array.from(
      { length: 10 },
      (_, n) => spread.filter((at) => Math.floor((at - 500) / 50) === n).length,
    );
    expect(Math.min(...tenths)).toBeGreaterThan(50);
  });

  describe('obeys its receiver', () => {
    const retry = { max_attempts: 3, delay_secs: 100, max_delay_secs: 200, jitter: 1 };

    it.each<[title: string, report: object, expected: Partial<Task>, pause: number | undefined]>([
      ['a failure for good ends the task', { retry: false }, { status: 'Failure', attempt: 1 }, undefined],
      ['a pause in a report is taken as it is', { retry_after_secs: 5000 }, { status: 'Pending', attempt: 2 }, 5000],
    ])('%s', async (_, steer, expected, pause) => {
      const url = newUrl();
      const id = await create(url, retry);
      await untilRunning(service, id);
      expect((await reportTo(url, 0, failure('x', steer))).status).toBe(200);
      expect(await service.task(id)).toMatchObject(expected);
      if (pause) expect(await pauseOf(id)).toBe(pause);
    });

    it.each<[title: string, reply: object, expected: Partial<Task>, pause: number | undefined]>([
      ['410 ends the task', { status: 410 }, { status: 'Failure', attempt: 1 }, undefined],
      ['Retry-After of a 503 is the pause', { status: 503, headers: { 'retry-after': '150' } }, { attempt: 2 }, 150],
      [
        'Retry-After of a 429 is cut to max_delay_secs',
        { status: 429, headers: { 'retry-after': '999' } },
        { attempt: 2 },
        200,
      ],
      [
        'a failure done at once for good ends the task',
        { body: failure('x', { retry: false }) },
        { status: 'Failure' },
        undefined,
      ],
      ['a failure done at once sets the pause', { body: failure('x', { retry_after_secs: 77 }) }, { attempt: 2 }, 77],
    ])('%s', async (_, reply, expected, pause) => {
      const url = newUrl();
      receiver.reply(new URL(url).pathname, reply);
      const id = await create(url, retry);
      await untilStatus(id, expected);
      if (pause) expect(await pauseOf(id)).toBe(pause);
    });
  });

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
      expect(await attemptsOf(id)).toHaveLength(2);
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
    receiver.reply(new URL(url).pathname, { after: late.opened, body: { status: 'Success' } }, {});
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
    receiver.reply(new URL(url).pathname, { body: webhook(cancel) }, {});
    receiver.reply(new URL(cancel).pathname, { after: answered.opened });
    const id = await create(url, { max_attempts: 2, ...AT_ONCE }, { timeout: 50 });
    await untilRunning(service, id);
    await age(service, id, 51);
    await provider(service, TimeoutLoop).runOnce();
    await untilCalled(cancel, 1);
    expect(await provider(service, DueLoop).runOnce()).toBe(0);
    expect((await service.call<{ summary: string }>('GET', `/task/${id}/why`)).body.summary).toBe(
      'Waits until attempt 1 is canceled.',
    );
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
    receiver.reply(new URL(url).pathname, { body: webhook(cancel) }, {});
    receiver.reply(new URL(cancel).pathname, { status: 500 }, {});
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
    const kind = `ruled-${paths}`;
    const rules = [{ type: 'Concurrency', max_concurrency: 1, matcher: { kind, status: 'Running', fields: [] } }];
    const { a, b } = await service.create([
      task('a', url, { kind, rules, priority: 1, retry: { max_attempts: 2, delay_secs: 1000 } }),
      task('b', url, { kind, rules }),
    ]);
    await untilRunning(service, a);
    await reportTo(url, 0, failure());
    await untilRunning(service, b);
    await runNow(a);
    await eventually(async () =>
      expect((await service.call<{ summary: string }>('GET', `/task/${a}/why`)).body.summary).toMatch(/^Concurrency/),
    );
    await service.succeed(b);
    await untilStatus(a, { status: 'Running', attempt: 2 });
  });

  it('counts as Pending for deduplication while it waits', async () => {
    const url = newUrl();
    const kind = `once-${paths}`;
    const id = await create(url, { max_attempts: 2, delay_secs: 1000 }, { kind });
    await untilRunning(service, id);
    await reportTo(url, 0, failure());
    const dedupe = (status: string) => [task('b', url, { kind, dedupe_strategy: [{ kind, status, fields: [] }] })];
    expect((await service.call('POST', '/task', dedupe('Pending'))).status).toBe(204);
    expect((await service.call('POST', '/task', dedupe('Running'))).status).toBe(201);
  });
});
