import { useService } from '../support/fixture';
import { recount } from '../support/recount';
import { after, task, webhook, type Task } from '../support/service';

const URL = 'http://receiver.test/start';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const LIGHT = [
  'id',
  'name',
  'kind',
  'status',
  'created_at',
  'started_at',
  'ended_at',
  'success',
  'failures',
  'expected_count',
  'batch_id',
  'dead_end_barrier',
  'priority',
  'attempt',
  'run_at',
  'local_id',
];
const FULL = [...LIGHT, 'timeout', 'rules', 'retry', 'metadata', 'last_updated', 'failure_reason', 'result', 'actions'];

interface Problem {
  error: string;
  details: string[];
  batch_id?: string;
}

describe('Creation', () => {
  // Nothing is started, so that every task stays as it was created.
  const service = useService({ WORKER_ENABLED: '0', PAYLOAD_MAX_BYTES: '400000' });
  afterEach(() => recount(service));

  const post = (body: unknown) => service.call<Task[]>('POST', '/task', body);
  const rows = async () =>
    (
      await service.query<Record<string, string>>(
        `SELECT (SELECT count(*) FROM batch) AS batches, (SELECT count(*) FROM task) AS tasks,
                (SELECT count(*) FROM task_definition) AS definitions, (SELECT count(*) FROM link) AS links`,
      )
    )[0];

  /** Sends a body unchanged, even if it is no JSON. */
  const raw = async (method: string, path: string, body: string, type = 'application/json') => {
    const response = await fetch(service.url + path, { method, body, headers: { 'content-type': type } });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as Problem,
    };
  };

  describe('of an array of tasks', () => {
    test('answers 201 with the light forms in order, and the batch id in X-Batch-ID', async () => {
      const { status, body, headers } = await post([
        task('a', URL, { priority: 7, dead_end_barrier: true, expected_count: 3 }),
        task('b', URL, after(['a'])),
      ]);
      expect(status).toBe(201);
      const batch = headers.get('x-batch-id');
      expect(batch).toMatch(UUID);
      expect(body.map((each) => Object.keys(each).sort())).toEqual([[...LIGHT].sort(), [...LIGHT].sort()]);
      expect(body[0]).toMatchObject({
        id: expect.stringMatching(UUID) as string,
        name: 'Task a',
        kind: 'test',
        status: 'Pending',
        created_at: expect.stringMatching(ISO_UTC) as string,
        started_at: null,
        ended_at: null,
        success: 0,
        failures: 0,
        expected_count: 3,
        batch_id: batch,
        dead_end_barrier: true,
        priority: 7,
      });
      expect(body[1]).toMatchObject({ name: 'Task b', status: 'Waiting', expected_count: null, batch_id: batch });
    });

    test('answers 204 with X-Batch-ID and creates nothing when it is empty', async () => {
      const before = await rows();
      const { status, body, headers } = await post([]);
      expect([status, body]).toEqual([204, undefined]);
      expect(headers.get('x-batch-id')).toMatch(UUID);
      expect(await rows()).toEqual(before);
    });
  });

  describe('of an object', () => {
    test('stores scope and metadata of the batch', async () => {
      const { status, body, headers } = await post({
        tasks: [task('a', URL)],
        scope: 'release-7',
        metadata: { by: ['x', 1] },
        on_batch_complete: null,
      });
      expect([status, body.length]).toEqual([201, 1]);
      expect((await service.call<object>('GET', `/batch/${headers.get('x-batch-id')}`)).body).toMatchObject({
        total_tasks: 1,
        scope: 'release-7',
        metadata: { by: ['x', 1] },
      });
    });

    test('treats null as absent', async () => {
      const { status, headers } = await post({ tasks: [task('a', URL)], scope: null, metadata: null });
      expect(status).toBe(201);
      expect((await service.call<object>('GET', `/batch/${headers.get('x-batch-id')}`)).body).toMatchObject({
        scope: null,
        metadata: null,
      });
    });

    test('answers 204 with X-Batch-ID when it has no task', async () => {
      const { status, headers } = await post({ tasks: [], scope: 'empty' });
      expect(status).toBe(204);
      expect(headers.get('x-batch-id')).toMatch(UUID);
    });
  });

  describe('makes a task whose full form', () => {
    test('has every member, with null for absent values', async () => {
      const { a } = await service.create([task('a', URL)]);
      const full = await service.task(a);
      expect(Object.keys(full).sort()).toEqual([...FULL].sort());
      expect(full).toMatchObject({
        id: a,
        started_at: null,
        ended_at: null,
        expected_count: null,
        timeout: 60,
        rules: [],
        retry: null,
        result: null,
        run_at: null,
        attempt: 1,
        local_id: 'a',
        metadata: null,
        last_updated: expect.stringMatching(ISO_UTC) as string,
        failure_reason: null,
        priority: 0,
        dead_end_barrier: false,
        actions: [{ kind: 'Webhook', trigger: 'Start', params: { url: URL, verb: 'Post' } }],
      });
    });

    test('lists all actions with their triggers', async () => {
      const { a } = await service.create([
        task('a', URL, {
          on_start: webhook(URL, { verb: 'Get', headers: { 'X-Team': 'shop' } }),
          on_success: [webhook(`${URL}?ok`, { body: { constructor: 1 } }), webhook(`${URL}?too`)],
          on_failure: [webhook(`${URL}?bad`, { verb: 'Delete' })],
        }),
      ]);
      expect((await service.task(a)).actions).toEqual([
        { kind: 'Webhook', trigger: 'Start', params: { url: URL, verb: 'Get', headers: { 'X-Team': 'shop' } } },
        { kind: 'Webhook', trigger: 'End', params: { url: `${URL}?ok`, verb: 'Post', body: { constructor: 1 } } },
        { kind: 'Webhook', trigger: 'End', params: { url: `${URL}?too`, verb: 'Post' } },
        { kind: 'Webhook', trigger: 'End', params: { url: `${URL}?bad`, verb: 'Delete' } },
      ]);
    });

    test('is 404 for an unknown task and 400 for an id that is no UUID', async () => {
      expect((await service.call('GET', '/task/00000000-0000-4000-8000-000000000000')).status).toBe(404);
      const { status, body } = await service.call<Problem>('GET', '/task/17');
      expect([status, body.details]).toEqual([400, ['id: must be a UUID']]);
    });

    test('is found by its id in capitals', async () => {
      const { a } = await service.create([task('a', URL)]);
      expect((await service.task(a.toUpperCase())).id).toBe(a);
    });
  });

  describe('of rows that the database refuses', () => {
    beforeAll(() =>
      service.query(`ALTER TABLE task_definition ADD CONSTRAINT no_poison CHECK (name <> 'Task poison')`),
    );
    afterAll(() => service.query('ALTER TABLE task_definition DROP CONSTRAINT no_poison'));

    const poisoned = { tasks: [task('a', URL), task('poison', URL), task('c', URL, after(['a']))], scope: 'poisoned' };

    test('stores nothing of the request, and reveals no internals', async () => {
      const before = await rows();
      const { status, body } = await post(poisoned);
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toMatch(/poison|INSERT|constraint|task_definition/i);
      expect(await rows()).toEqual(before);
    });

    test('does not affect concurrent requests', async () => {
      const requests = Array.from({ length: 40 }, (_, i) =>
        i % 10 === 3 ? poisoned : [task('a', URL), task('b', URL, after(['a']))],
      );
      const before = await rows();
      const answers = await Promise.all(requests.map(post));
      expect(answers.map(({ status }) => status)).toEqual(requests.map((each) => (each === poisoned ? 500 : 201)));
      const added = { batches: 36, tasks: 72, definitions: 72, links: 36 };
      expect(await rows()).toEqual(
        Object.fromEntries(Object.entries(before).map(([k, n]) => [k, String(Number(n) + added[k as 'tasks'])])),
      );
    });
  });

  describe('of an invalid request', () => {
    test.each(['{"tasks": [', '', 'undefined', '[{}'])('answers 400 to %j', async (body) => {
      const answer = await raw('POST', '/task', body);
      expect([answer.status, answer.type]).toEqual([400, expect.stringContaining('application/problem+json')]);
    });

    test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
      'answers 415 to the type %s',
      async (type) => {
        expect((await raw('POST', '/task', JSON.stringify([task('a', URL)]), type)).status).toBe(415);
      },
    );

    test('answers 413 beyond PAYLOAD_MAX_BYTES and 201 at the limit', async () => {
      const bytes = (padding: number) => JSON.stringify([task('a', URL, { padding: 'x'.repeat(padding) })]);
      const padding = 400_000 - bytes(0).length;
      expect((await raw('POST', '/task', bytes(padding))).status).toBe(201);
      const { status, type } = await raw('POST', '/task', bytes(padding + 1));
      expect([status, type]).toEqual([413, expect.stringContaining('application/problem+json')]);
    });

    test('answers 404 as problem details on an unknown route', async () => {
      const { status, type, body } = await raw('POST', '/tasks', '[]');
      expect([status, type]).toEqual([404, expect.stringContaining('application/problem+json')]);
      expect(body).toMatchObject({ type: expect.any(String) as string, title: 'Not Found', status: 404, details: [] });
    });

    test.each([
      ['DELETE', '/task'],
      ['QUERY', '/task'],
      ['DELETE', '/task'],
      ['POST', '/dag/00000000-0000-4000-8000-000000000000'],
      ['POST', '/task/00000000-0000-4000-8000-000000000000'],
    ])('answers 404 or 405 to the wrong method: %s %s', async (method, path) => {
      expect([404, 405]).toContain((await raw(method, path, '[]')).status);
    });
  });
});
