import { DueLoop } from '../../src/task/delay/due.loop';
import { ASLEEP, useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { recount } from '../support/recount';
import { after, provider, type Task, task } from '../support/service';

const HOUR_SECS = 3600;
const inSecs = (secs: number) => new Date(Date.now() + secs * 1000).toISOString();

describe('A delayed task', () => {
  const receiver = useReceiver();
  const service = useService(ASLEEP);
  const START = receiver.url('/start');
  afterEach(() => recount(service));

  const move = (id: string, run_at: string | null) => service.call('PATCH', `/task/${id}`, { run_at });
  const why = async (id: string) =>
    (await service.call<{ summary: string; reasons: { type: string }[] }>('GET', `/task/${id}/why`)).body;
  const startsOf = (id: string) => receiver.received(({ headers }) => headers['x-task-id'] === id);
  /** Seconds from a time of the task to its `run_at`. */
  const delayFrom = (task: Task, time: string) => (Date.parse(String(task.run_at)) - Date.parse(time)) / 1000;

  it('is Pending until its time, is not claimed, and says when it starts', async () => {
    const run_at = inSecs(HOUR_SECS);
    const { a, b } = await service.create([
      task('a', START, { run_at: run_at.replace('Z', '+00:00'), priority: 1000 }),
      task('b', START),
    ]);
    await untilRunning(service, b);
    expect(await service.task(a)).toMatchObject({ status: 'Pending', run_at, started_at: null });
    expect(await why(a)).toMatchObject({ summary: `Waits until ${run_at}.`, reasons: [{ type: 'time' }] });
    expect((await service.call<Task[]>('GET', '/task?delayed=true')).body.map(({ id }) => id)).toContain(a);
    expect((await service.call<Task[]>('GET', '/task?delayed=true')).body.map(({ id }) => id)).not.toContain(b);
    expect((await service.call<Task[]>('GET', '/task?delayed=false')).body.map(({ id }) => id)).toContain(b);
  });

  it('starts by itself at its time, and keeps it', async () => {
    const run_at = inSecs(1);
    const { a } = await service.create([task('a', START, { run_at })]);
    await untilRunning(service, a);
    const { started_at, run_at: kept } = await service.task(a);
    expect(kept).toBe(run_at);
    expect(Date.parse(String(started_at))).toBeGreaterThanOrEqual(Date.parse(run_at));
  });

  it.each([
    ['a time in the past', { run_at: '2020-01-01T00:00:00Z' }],
    ['a delay of 0', { delay_secs: 0 }],
  ])('starts at once with %s', async (_, rest) => {
    const { a } = await service.create([task('a', START, rest)]);
    await untilRunning(service, a);
  });

  it('counts delay_secs from its creation', async () => {
    const { body } = await service.call<Task[]>('POST', '/task', [task('a', START, { delay_secs: HOUR_SECS })]);
    expect(delayFrom(body[0], String(body[0].created_at))).toBe(HOUR_SECS);
    const stored = await service.task(body[0].id);
    expect(stored).toMatchObject({ status: 'Pending', run_at: body[0].run_at, local_id: 'a', attempt: 1, retry: null });
  });

  it('with parents counts delay_secs from the end of the last one', async () => {
    const { first, last, child } = await service.create([
      task('first', START),
      task('last', START),
      task('child', START, { ...after(['first', 'last']), delay_secs: HOUR_SECS }),
    ]);
    await untilRunning(service, first, last);
    await service.succeed(first);
    expect(await service.task(child)).toMatchObject({ status: 'Waiting', run_at: null });
    expect((await why(child)).summary).toBe('Waits for 1 unfinished parent. Then waits another 1 h.');
    await service.succeed(last);
    const freed = await service.task(child);
    expect(freed.status).toBe('Pending');
    expect(delayFrom(freed, String((await service.task(last)).ended_at))).toBe(HOUR_SECS);
    expect(startsOf(child)).toEqual([]);
    await move(child, null);
    await untilRunning(service, child);
  });

  it('with parents waits for the later of its time and their ends', async () => {
    const { a, early, late } = await service.create([
      task('a', START),
      task('early', START, { ...after(['a']), run_at: inSecs(-HOUR_SECS) }),
      task('late', START, { ...after(['a']), run_at: inSecs(HOUR_SECS) }),
    ]);
    await untilRunning(service, a);
    expect((await why(late)).summary).toMatch(/^Waits for 1 unfinished parent\. Does not start before \S+Z\.$/);
    await service.succeed(a);
    await untilRunning(service, early);
    expect(await service.task(late)).toMatchObject({ status: 'Pending' });
  });

  it('keeps its delay when it is paused meanwhile', async () => {
    const { a, child } = await service.create([
      task('a', START),
      task('child', START, { ...after(['a']), delay_secs: HOUR_SECS }),
    ]);
    await untilRunning(service, a);
    await service.call('PATCH', `/task/pause/${child}`);
    await service.succeed(a);
    await service.call('PATCH', `/task/resume/${child}`);
    expect(await provider(service, DueLoop).runOnce()).toBe(0);
    expect(await service.task(child)).toMatchObject({ status: 'Pending', run_at: expect.any(String) as string });
    await move(child, null);
    await untilRunning(service, child);
  });

  describe('can be moved', () => {
    it('to another time, or to now', async () => {
      const { a } = await service.create([task('a', START, { delay_secs: HOUR_SECS })]);
      const run_at = inSecs(2 * HOUR_SECS);
      expect((await move(a, run_at)).status).toBe(200);
      expect(await service.task(a)).toMatchObject({ status: 'Pending', run_at });
      expect((await move(a, null)).status).toBe(200);
      await untilRunning(service, a);
    });

    it('out of the queue', async () => {
      const kind = 'moved';
      const rules = [{ type: 'Concurrency', max_concurrency: 1, matcher: { kind, status: 'Running', fields: [] } }];
      const { a, b } = await service.create([task('a', START, { kind, rules }), task('b', START, { kind, rules })]);
      await untilRunning(service, a);
      // `b` is blocked by its rule.
      await eventually(async () =>
        expect(await service.query('SELECT FROM task WHERE id = $1 AND blocked_by IS NOT NULL', [b])).toHaveLength(1),
      );
      expect((await move(b, inSecs(HOUR_SECS))).status).toBe(200);
      await service.succeed(a);
      const { c } = await service.create([task('c', START, { kind, rules })]);
      await untilRunning(service, c);
      expect(startsOf(b)).toEqual([]);
      await service.succeed(c);
      await move(b, null);
      await untilRunning(service, b);
    });

    it('while it waits for its parents', async () => {
      const { a, child } = await service.create([task('a', START), task('child', START, after(['a']))]);
      await untilRunning(service, a);
      expect((await move(child, inSecs(HOUR_SECS))).status).toBe(200);
      await service.succeed(a);
      expect(await service.task(child)).toMatchObject({ status: 'Pending' });
      expect(startsOf(child)).toEqual([]);
    });

    it('only before it has started', async () => {
      const { a } = await service.create([task('a', START)]);
      await untilRunning(service, a);
      const refusal = { status: 409, body: { current_status: 'Running', current_attempt: 1 } };
      expect(await move(a, null)).toMatchObject(refusal);
      await service.call('PATCH', `/task/pause/${a}`);
      expect(await move(a, null)).toMatchObject({ status: 409, body: { current_status: 'Paused' } });
      await service.succeed(a);
      expect(await move(a, inSecs(1))).toMatchObject({ status: 409, body: { current_status: 'Success' } });
      expect((await move('01234567-89ab-4def-8123-456789abcdef', null)).status).toBe(404);
    });

    it('by a request about an attempt only while that is the current one', async () => {
      const { a } = await service.create([task('a', START, { delay_secs: HOUR_SECS })]);
      const { run_at } = await service.task(a);
      expect(await service.call('PATCH', `/task/${a}?attempt=2`, { run_at: null })).toMatchObject({
        status: 409,
        body: { current_attempt: 1, current_status: 'Pending' },
      });
      expect(await service.task(a)).toMatchObject({ run_at });
      expect((await service.call('PATCH', `/task/${a}?attempt=1`, { run_at: null })).status).toBe(200);
    });

    it.each<[body: object, detail: string]>([
      [{ run_at: '2026-01-01T00:00:00Z', priority: 1 }, 'run_at: must be the only field'],
      [
        { run_at: '2026-01-01T00:00:00' },
        'run_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
      ],
      [{ run_at: 5 }, 'run_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z'],
    ])('not with %j', async (body, detail) => {
      const { a } = await service.create([task('a', START, { delay_secs: HOUR_SECS })]);
      expect(await service.call('PATCH', `/task/${a}`, body)).toMatchObject({
        status: 400,
        body: { details: [detail] },
      });
    });
  });

  it.each<[rest: object, detail: string]>([
    [
      { run_at: '2026-02-30T00:00:00Z' },
      'run_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
    ],
    [
      { run_at: '0000-01-01T00:00:00Z' },
      'run_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
    ],
    [
      { run_at: '0001-01-01T00:00:00+01:00' },
      'run_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
    ],
    [
      { run_at: '9999-12-31T23:59:59-01:00' },
      'run_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
    ],
    [
      { run_at: '2026-01-05' },
      'run_at: must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
    ],
    [{ delay_secs: -1 }, 'delay_secs: must be between 0 and 31536000'],
    [{ delay_secs: 31_536_001 }, 'delay_secs: must be between 0 and 31536000'],
    [{ delay_secs: 1.5 }, 'delay_secs: must be an integer'],
    [{ delay_secs: 1, run_at: '2026-01-05T08:00:00Z' }, 'run_at, delay_secs: must not be given together'],
    [{ retry: 3 }, 'retry.max_attempts: must be an integer'],
    [{ retry: {} }, 'retry.max_attempts: must be an integer'],
    [{ retry: { max_attempts: 0 } }, 'retry.max_attempts: must be between 1 and 100'],
    [{ retry: { max_attempts: 101 } }, 'retry.max_attempts: must be between 1 and 100'],
    [{ retry: { max_attempts: 2, delay_secs: 604_801 } }, 'retry.delay_secs: must be between 0 and 604800'],
    [{ retry: { max_attempts: 2, factor: 0.5 } }, 'retry.factor: must be a number between 1 and 10'],
    [{ retry: { max_attempts: 2, max_delay_secs: -1 } }, 'retry.max_delay_secs: must be between 0 and 2592000'],
    [{ retry: { max_attempts: 2, jitter: 1.1 } }, 'retry.jitter: must be a number between 0 and 1'],
    [{ retry: { max_attempts: 2, on: 'start' } }, 'retry.on: must be an array of failures'],
    [{ retry: { max_attempts: 2, on: ['end'] } }, 'retry.on: must contain only start, timeout, failure'],
    [{ retry: { max_attempts: 2, on: [] } }, 'retry.on: must name at least one failure'],
  ])('is refused with %j', async (rest, detail) => {
    const { status, body } = await service.call('POST', '/task', [task('a', START, rest)]);
    expect([status, body.details]).toEqual([400, [`tasks[0].${detail}`]]);
  });

  it('has its retry policy with all defaults in its full form', async () => {
    const { a } = await service.create([task('a', START, { retry: { max_attempts: 3, factor: 1.5 }, delay_secs: 60 })]);
    expect((await service.task(a)).retry).toEqual({
      max_attempts: 3,
      delay_secs: 10,
      factor: 1.5,
      max_delay_secs: 3600,
      jitter: 0.2,
      on: ['start', 'timeout', 'failure'],
    });
  });
});
