import { randomUUID } from 'node:crypto';
import { claimedTasks, NOWHERE, type Results, statusesOf, success, times } from '../support/bulk';
import { startReplica, useService } from '../support/fixture';
import { recount } from '../support/recount';
import { claimAll } from '../support/rows';
import { send } from '../support/send';
import { after, task } from '../support/service';

const MAX_ITEMS = 10_000;

describe('A bulk', () => {
  afterAll(() => recount(service));
  // Tasks are claimed by hand: nothing here depends on their start calls.
  const service = useService({ WORKER_ENABLED: '0' });

  const report = (items: unknown, to = service) => to.call<Results['body']>('PATCH', '/task', items);
  const count = (items: unknown) => service.call<Results['body']>('PUT', '/task', items);

  const claimed = (number: number, rest?: object) => claimedTasks(service, number, rest);

  describe('of reports', () => {
    it('answers each item with the status code that it would have had alone, in their order', async () => {
      const [good, bad, progressing, paused, ended] = await claimed(5);
      await service.succeed(ended);
      await service.call('PATCH', `/task/pause/${paused}`);
      const { p, waits } = await service.create([task('p', NOWHERE), task('waits', NOWHERE, after(['p']))]);
      const unknown = randomUUID();
      const { status, body } = await report([
        { ...success(good), result: { rows: 1e3 }, new_success: 3 },
        { id: bad, attempt: 1, status: 'Failure', failure_reason: 'The disk is full' },
        { id: progressing.toUpperCase(), new_success: 2, metadata: { at: 1 }, priority: null },
        success(paused),
        success(ended),
        success(unknown),
        success(waits),
        { ...success(p), attempt: 2 },
        { id: 'x', status: 'Done', new_success: -1 },
        { status: 'Success' },
        { id: p, status: 'Failure' },
        { id: p, run_at: null },
        { id: p, attempt: 0, token: 5 },
        'text',
        null,
        [],
      ]);
      expect(status).toBe(200);
      expect(body.results).toEqual([
        { id: good, status: 200 },
        { id: bad, status: 200 },
        { id: progressing.toUpperCase(), status: 200 },
        { id: paused, status: 200 },
        { id: ended, status: 404, error: 'The task accepts no reports: it is Success', current_status: 'Success' },
        { id: unknown, status: 404, error: `Task ${unknown} not found` },
        { id: waits, status: 404, error: 'The task accepts no reports: it is Waiting', current_status: 'Waiting' },
        {
          id: p,
          status: 409,
          error: 'Attempt 2 is not the current one, which is attempt 1',
          current_status: 'Pending',
          current_attempt: 1,
        },
        {
          id: null,
          status: 400,
          error:
            'id: must be a UUID; status: must be Success or Failure; new_success: must be between 0 and 2147483647',
        },
        { id: null, status: 400, error: 'id: must be a UUID' },
        { id: p, status: 400, error: 'failure_reason: is required with status Failure' },
        { id: p, status: 400, error: 'run_at: cannot be changed in bulk' },
        {
          id: p,
          status: 400,
          error: 'attempt: must be between 1 and 999999; token: must be a text of at most 200 characters',
        },
        ...times(3, () => ({ id: null, status: 400, error: 'must be an object' })),
      ]);
      expect(await service.task(good)).toMatchObject({ status: 'Success', success: 3, result: { rows: 1000 } });
      expect(await service.task(bad)).toMatchObject({ status: 'Failure', failure_reason: 'The disk is full' });
      expect(await service.task(progressing)).toMatchObject({ status: 'Claimed', success: 2, metadata: { at: 1 } });
      expect(await service.task(paused)).toMatchObject({ status: 'Success' });
    });

    it('applies several reports on one task as if they were sent one after the other', async () => {
      const [id] = await claimed(1, { retry: { max_attempts: 3 } });
      const { body } = await report([
        { id, new_success: 1, metadata: { n: 1 } },
        { id, new_success: 2, metadata: { n: 2 } },
        { id, status: 'Failure', failure_reason: 'first', new_success: 4, retry: false },
        { id, new_success: 8 },
        success(id),
        { ...success(id), attempt: 2 },
      ]);
      expect(body.results.map(({ status, current_status }) => [status, current_status])).toEqual([
        [200, undefined],
        [200, undefined],
        [200, undefined],
        [404, 'Failure'],
        [404, 'Failure'],
        [409, 'Failure'],
      ]);
      expect(await service.task(id)).toMatchObject({ status: 'Failure', success: 7, metadata: { n: 2 } });
    });

    it('retries failed attempts as their reports ask', async () => {
      const [soon, later] = await claimed(2, { retry: { max_attempts: 3, delay_secs: 3600 } });
      const failure = { status: 'Failure', failure_reason: 'x' };
      const answer = await report([
        { id: soon, ...failure, retry_after_secs: 0 },
        { id: later, ...failure },
        { id: soon, ...failure },
      ]);
      expect(statusesOf(answer)).toEqual([200, 200, 409]);
      expect(answer.body.results[2]).toMatchObject({ current_attempt: 2, current_status: 'Pending' });
      expect(await service.task(later)).toMatchObject({ status: 'Pending', attempt: 2 });
    });

    it('lets the results of 10,000 items take effect, and 100 bad ones among them spoil nothing', async () => {
      const ids = await claimed(MAX_ITEMS - 100);
      const bad = (n: number) =>
        [{ id: 'x', status: 'Success' }, success(randomUUID()), { id: ids[n], status: 'Failure' }, 7][n % 4];
      const items = ids.map((id) => success(id) as unknown);
      for (const n of times(100, (n) => n)) items.splice(n * 100, 0, bad(n));
      const answer = await report(items);
      const statuses = statusesOf(answer);
      expect([statuses.length, statuses.filter((status) => status === 200).length]).toEqual([MAX_ITEMS, ids.length]);
      expect(times(100, (n) => statuses[n * 100])).toEqual(times(100, (n) => [400, 404, 400, 400][n % 4]));
      const { batch_id } = await service.task(ids[0]);
      const { body } = await service.call<{ status_counts: object }>('GET', `/batch/${batch_id}`);
      expect(body.status_counts).toMatchObject({ success: ids.length, failure: 0, pending: 0, claimed: 0 });
    });

    it('releases and fails descendants like single reports', async () => {
      const created = await service.create([
        ...times(40, (n) => task(`p${n}`, NOWHERE)),
        ...times(40, (n) => task(`c${n}`, NOWHERE, after([`p${n}`, `p${(n + 1) % 40}`]))),
      ]);
      const parents = times(40, (n) => created[`p${n}`]);
      await claimAll(service, created.batch, parents);
      await report(
        parents.map((id, n) => (n % 10 ? success(id) : { id, status: 'Failure', failure_reason: `Parent ${n}` })),
      );
      const { body } = await service.call<{ status_counts: object }>('GET', `/batch/${created.batch}`);
      expect(body.status_counts).toMatchObject({ success: 36, failure: 4 + 8, pending: 32, waiting: 0 });
    });

    it('and single reports, all at once on two replicas, end each task exactly once', async () => {
      const ids = await claimed(200);
      const replica = await startReplica(service, { WORKER_ENABLED: '0' });
      const reports = (name: string) =>
        ids.map((id) => ({ id, status: 'Failure', failure_reason: name, new_failures: 1 }));
      const [singles, ...bulks] = await Promise.all([
        Promise.all(reports('single').map(({ id, ...rest }) => service.report(id, rest))),
        report(reports('bulk 1')),
        report(reports('bulk 2').reverse(), replica),
        report(reports('bulk 3'), replica),
      ]);
      const byId = bulks.map(({ body }) => new Map(body.results.map(({ id, status }) => [id, status])));
      for (const [n, id] of ids.entries()) {
        const statuses = [singles[n].status, ...byId.map((results) => results.get(id))];
        expect(statuses.sort()).toEqual([200, 404, 404, 404]);
        const winner = ['single', 'bulk 1', 'bulk 2', 'bulk 3'];
        const { failure_reason, failures } = await service.task(id);
        expect([winner.includes(failure_reason!), failures]).toEqual([true, 1]);
      }
    });
  });

  describe('of increments', () => {
    it('adds up, and answers each item with the status code that it would have had alone', async () => {
      const [a, b] = await claimed(2);
      await service.succeed(b);
      const unknown = randomUUID();
      const { status, body } = await count([
        { id: a, new_success: 1 },
        { id: b.toUpperCase(), new_success: 2, new_failures: 3 },
        { id: a, new_success: 4, status: 'Nonsense', metadata: 'ignored' },
        { id: a, new_success: 0 },
        { id: unknown, new_success: 1 },
        { id: a, attempt: 2, new_success: 1 },
        { id: 'x', new_failures: 1.5 },
        [],
      ]);
      expect(status).toBe(200);
      expect(body.results).toEqual([
        { id: a, status: 202 },
        { id: b.toUpperCase(), status: 202 },
        { id: a, status: 202 },
        { id: a, status: 400, error: 'new_success, new_failures: at least one must be greater than 0' },
        { id: unknown, status: 404, error: `Task ${unknown} not found` },
        {
          id: a,
          status: 409,
          error: 'Attempt 2 is not the current one, which is attempt 1',
          current_status: 'Claimed',
          current_attempt: 1,
        },
        { id: null, status: 400, error: 'id: must be a UUID; new_failures: must be an integer' },
        { id: null, status: 400, error: 'must be an object' },
      ]);
      expect(await service.task(a)).toMatchObject({ success: 5, failures: 0, metadata: null });
      expect(await service.task(b)).toMatchObject({ success: 2, failures: 3 });
    });

    it('counts each of 10,000', async () => {
      const [a, b] = await claimed(2);
      const answer = await count(times(MAX_ITEMS, (n) => ({ id: n % 2 ? a : b, new_success: 1 })));
      expect(new Set(statusesOf(answer))).toEqual(new Set([202]));
      expect(await service.task(a)).toMatchObject({ success: MAX_ITEMS / 2 });
    });
  });

  describe('with JSON that cannot be stored', () => {
    it.each([
      ['"a\\u0000b"', 'metadata: must not contain U+0000 or lone surrogates'],
      ['{"b":"\\ud83d"}', 'metadata.b: must not contain U+0000 or lone surrogates'],
      ['{"__proto__":1}', 'metadata: must not have a member __proto__'],
      ['[1e131072]', 'metadata[0]: must be within the range of numbers that PostgreSQL can store'],
    ])('in one item refuses only that report, and an increment ignores it: %s', async (json, error) => {
      const [a, b] = await claimed(2);
      const raw = async (method: string) => {
        const body = `[{"id":"${a}","new_success":1,"metadata":${json}},{"id":"${b}","new_success":1,"metadata":1.10}]`;
        const answer = await send(service.url, method, '/task', { 'content-type': 'application/json' }, body);
        return (JSON.parse(answer.text) as Results['body']).results;
      };
      expect(await raw('PATCH')).toEqual([
        { id: a, status: 400, error },
        { id: b, status: 200 },
      ]);
      expect(await raw('PUT')).toEqual([
        { id: a, status: 202 },
        { id: b, status: 202 },
      ]);
      expect([await service.task(a), await service.task(b)]).toMatchObject([
        { success: 1, metadata: null },
        { success: 2, metadata: 1.1 },
      ]);
    });

    it('all over it is answered with errors of limited length', async () => {
      const name = 'x'.repeat(150);
      const answer = await report(
        times(1000, () => ({ id: randomUUID(), metadata: { [name]: times(50, () => '\0') } })),
      );
      expect(new Set(statusesOf(answer))).toEqual(new Set([400]));
      for (const { error } of answer.body.results) expect(error!.length).toBeLessThanOrEqual(1001);
    });
  });

  it.each([
    ['an object', '{"id":1}', 'body: must be an array of reports'],
    ['a text', '"x"', 'body: must be an array of reports'],
    ['null', 'null', 'body: must be an array of reports'],
    ['nothing', '', 'body: must not be empty'],
    ['more than 10,000 items', `[${'{},'.repeat(MAX_ITEMS)}{}]`, 'body: must have at most 10000 reports'],
    ['JSON that is malformed', '[{"id":', expect.stringMatching(/^body: /)],
    ['JSON that is nested too deep', `[${'['.repeat(99)}${']'.repeat(99)}]`, expect.stringMatching(/^body: .* deeper/)],
  ])('is refused as a whole if it is %s', async (_, body, fault) => {
    for (const method of ['PATCH', 'PUT']) {
      const { status, text } = await send(service.url, method, '/task', { 'content-type': 'application/json' }, body);
      expect([status, JSON.parse(text)]).toMatchObject([400, { details: [fault] }]);
    }
  });

  it('may be empty', async () => {
    expect(await report([])).toMatchObject({ status: 200, body: { results: [] } });
    expect(await count([])).toMatchObject({ status: 200, body: { results: [] } });
  });
});
