import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { AT_ONCE, attemptsOf, failure } from '../support/attempts';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { allDelivered, statesOf, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { age } from '../support/rows';
import { after, provider, type Task, task, webhook } from '../support/service';

describe('A task with a retry policy', () => {
  const receiver = useReceiver();
  const service = useService(ASLEEP);
  const attempts = attemptsOf(service, receiver);
  const { newUrl, pathOf, callsTo, untilCalled, keysTo, reportTo, create, pauseOf, untilStatus, runNow, whyOf } =
    attempts;
  afterEach(() => recount(service));

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
    expect(await attempts.list(id)).toEqual([
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
    expect((await attempts.list(a)).map(({ failure_reason }) => failure_reason)).toEqual(
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
      if (how === 'start') receiver.reply(pathOf(url), { status: 500 });
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

  it('waits for pauses that grow, up to the longest', async () => {
    const url = newUrl();
    const retry = { max_attempts: 5, delay_secs: 100, factor: 3, max_delay_secs: 500, jitter: 0 };
    const id = await create(url, retry);
    const pauses: number[] = [];
    for (let attempt = 1; attempt < 5; attempt++) {
      await untilStatus(id, { status: 'Running', attempt });
      await reportTo(url, attempt - 1, failure());
      pauses.push(await pauseOf(id));
      expect(await whyOf(id)).toMatch(new RegExp(`^Waits for attempt ${attempt + 1} of 5 at \\S+Z\\.$`));
      await runNow(id);
    }
    expect(pauses).toEqual([100, 300, 500, 500]);
  });

  it('waits for its pause though the random share is tiny', async () => {
    const url = newUrl();
    receiver.reply(pathOf(url), { body: failure() });
    const retry = { max_attempts: 2, delay_secs: 100, jitter: Number.MIN_VALUE };
    const { batch } = await service.create(Array.from({ length: 20 }, (_, i) => task(String(i), url, { retry })));
    await eventually(async () => {
      const waiting = await service.query('SELECT FROM task WHERE batch_id = $1 AND delayed', [batch]);
      expect(waiting).toHaveLength(20);
    });
  });

  it('does not return together with a thousand others that failed at the same moment', async () => {
    const url = newUrl();
    receiver.reply(pathOf(url), { body: failure() });
    const retry = { max_attempts: 2, delay_secs: 1000, jitter: 0.5 };
    const { batch } = await service.create(Array.from({ length: 1000 }, (_, i) => task(String(i), url, { retry })));
    const spread = await eventually(async () => {
      const rows = await service.query<{ at: number }>(
        'SELECT extract(epoch FROM run_at - last_updated)::float8 AS at FROM task WHERE batch_id = $1 AND delayed ORDER BY 1',
        [batch],
      );
      expect(rows.length).toBe(1000);
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
        'Retry-After: 0 means at once',
        { status: 503, headers: { 'retry-after': '0' } },
        { status: 'Failure', attempt: 3 },
        undefined,
      ],
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
      receiver.reply(pathOf(url), reply);
      const id = await create(url, retry);
      await untilStatus(id, expected);
      if (pause) expect(await pauseOf(id)).toBe(pause);
    });
  });
});
