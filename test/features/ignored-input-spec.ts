import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { task, type Task, webhook } from '../support/service';
import { operations } from '../property/document';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const HEADER = 'x-hookline-ignored';
/** Answers for people and tools, whose addresses have parameters of their own. */
const OTHERS = ['/view'];

describe('A part of a request that the service does not know', () => {
  const service = useService();
  const receiver = useReceiver();
  const url = () => receiver.url('/start');

  const send = async (method: string, path: string, body?: unknown, prefer?: string) => {
    const response = await fetch(service.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...(prefer && { prefer }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const answer = (/json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined) as {
      details: string[];
      results: unknown[];
    };
    return { status: response.status, ignored: response.headers.get(HEADER), headers: response.headers, answer };
  };
  const strictly = (method: string, path: string, body?: unknown) => send(method, path, body, 'handling=strict');
  const count = async () => (await service.query<{ n: number }>('SELECT count(*)::int AS n FROM task'))[0].n;

  /** A batch with one unknown member at every place that can have one, and opaque JSON full of them. */
  const mistyped = () => ({
    tasks: [
      {
        ...task('a', url()),
        timout: 5,
        depends_on: [],
        on_sucess: [],
        constructor: 1,
        metadata: { timout: 1 },
        retry: { max_attempts: 2, max_attemps: 3 },
        rules: [
          { type: 'Concurency', max_concurency: 3, matcher: { kind: 'k', status: 'Running', fields: [], feilds: [] } },
          { type: 'Capacity', max_capacity: 3, max: 1, matcher: { kind: 'k', status: 'Running', fields: [], x: 1 } },
        ],
        expected_count: 1,
        dedupe_strategy: [{ kind: 'k', status: 'Running', fields: [], field: 'a' }],
      },
      {
        ...task('b', url()),
        dependencies: [{ id: 'a', requires_success: true, required: true }],
        on_start: {
          ...webhook(url(), { body: { bdy: 1 }, headers: { 'X-Any': 'a' } }),
          group: { max_size: 2, size: 3 },
          params: { url: url(), verb: 'Post', bdy: 1, body: { bdy: 1 } },
          contxt: true,
        },
        on_failure: [{ ...webhook(url()), params: { url: url(), verb: 'Post', header: {} } }],
      },
    ],
    scop: 'x',
    on_batch_complete: [{ ...webhook(url()), when: 'now' }],
  });
  const FAULTS = [
    'tasks[0].timout: is unknown; did you mean timeout?',
    'tasks[0].depends_on: is unknown; did you mean dependencies?',
    'tasks[0].on_sucess: is unknown; did you mean on_success?',
    'tasks[0].constructor: is unknown',
    'tasks[0].retry.max_attemps: is unknown; did you mean max_attempts?',
    'tasks[0].rules[0].matcher.feilds: is unknown; did you mean fields?',
    'tasks[0].rules[1].max: is unknown',
    'tasks[0].rules[1].matcher.x: is unknown',
    'tasks[0].dedupe_strategy[0].field: is unknown; did you mean fields?',
    'tasks[1].on_start.group.size: is unknown',
    'tasks[1].on_start.params.bdy: is unknown; did you mean body?',
    'tasks[1].on_start.contxt: is unknown; did you mean context?',
    'tasks[1].dependencies[0].required: is unknown; did you mean requires_success?',
    'tasks[1].on_failure[0].params.header: is unknown; did you mean headers?',
    'scop: is unknown; did you mean scope?',
    'on_batch_complete[0].when: is unknown',
  ];
  const pathsOf = (faults: string[]) => faults.map((fault) => fault.split(':')[0]).sort();

  it('is named at every depth of a new batch, which is created all the same', async () => {
    const { status, ignored } = await send('POST', '/task', mistyped());
    expect([status, ignored!.split(', ').sort()]).toEqual([201, pathsOf(FAULTS)]);
  });

  it('makes a strict client get a 400 with what it may have meant, and creates nothing', async () => {
    const before = await count();
    const { status, ignored, answer, headers } = await strictly('POST', '/task', mistyped());
    expect([status, [...answer.details].sort()]).toEqual([400, [...FAULTS].sort()]);
    expect(ignored!.split(', ').sort()).toEqual(pathsOf(FAULTS));
    expect(headers.get('preference-applied')).toBe('handling=strict');
    expect(await count()).toBe(before);
    const correct = await strictly('POST', '/task', [task('a', url(), { metadata: { timout: 1 } })]);
    expect([correct.status, correct.ignored]).toEqual([201, null]);
    expect(correct.headers.get('preference-applied')).toBe('handling=strict');
  });

  it.each([
    ['respond-async, handling=strict; wait=10', 400],
    ['HANDLING="Strict"', 400],
    ['handling=lenient, handling=strict', 201],
    ['foo="a, handling=strict"', 201],
    ['foo="a, b"; c, handling=strict', 400],
    ['handling=strictly', 201],
    ['handling', 201],
  ])('is refused or not, as the header Prefer says: %s', async (prefer, status) => {
    const body = [{ ...task('a', url()), x: 1 }];
    const { headers, ...answer } = await send('POST', '/task', body, prefer);
    expect(answer).toMatchObject({ status, ignored: 'tasks[0].x' });
    expect(headers.get('preference-applied')).toBe(status === 400 ? 'handling=strict' : null);
  });

  it('is named and refused in every other body', async () => {
    const { a, b, batch } = await service.create([task('a', url()), task('b', url())]);
    await untilRunning(service, a);
    await service.fail(b);
    const rule = {
      type: 'Concurrency',
      max_concurrency: 1,
      matcher: { kind: 'k', status: 'Running', fields: [], n: 1 },
    };
    const before = [{ id: 'z', requires_success: true, require: 1 }];
    const cases: [string, string, unknown, string[]][] = [
      ['PATCH', `/task/${a}`, { new_succes: 1, result: { x: 1 } }, ['new_succes']],
      ['PUT', `/task/${a}`, { new_success: 1, new_failurs: 1, status: 'Success' }, ['new_failurs']],
      ['PATCH', `/batch/${batch}/rules`, { kind: 'x', rules: [rule], rule: [] }, ['rules[0].matcher.n', 'rule']],
      ['POST', `/batch/${batch}/rerun`, { taskids: [a] }, ['taskids']],
      ['POST', `/task/${b}/rerun`, { downstraem: true }, ['downstraem']],
      [
        'POST',
        `/batch/${batch}/task`,
        [{ ...task('n', url()), before, afer: 1 }],
        ['tasks[0].before[0].require', 'tasks[0].afer'],
      ],
      [
        'PUT',
        '/schedule/s',
        { cron: '@daily', batch: [{ ...task('a', url()), timout: 1 }], timezon: 'UTC' },
        ['batch.tasks[0].timout', 'timezon'],
      ],
      ['PUT', '/schedule/s', { cron: '@daily', batch: { tasks: [task('a', url())], scop: 1 } }, ['batch.scop']],
      ['PATCH', `/task/pause/${a}`, { reason: 'x' }, ['reason']],
      ['POST', '/webhook-deliveries/replay?task=1', {}, ['task']],
    ];
    for (const [method, path, body, paths] of cases) {
      const strict = await strictly(method, path, body);
      expect([path, strict.status, pathsOf(strict.answer.details)]).toEqual([path, 400, [...paths].sort()]);
      const { ignored } = await send(method, path, body);
      expect([path, ignored?.split(', ').sort()]).toEqual([path, [...paths].sort()]);
    }
    expect((await service.task(a)).success).toBe(1);
  });

  it('spoils only its own item of a bulk', async () => {
    const { a, b } = await service.create([task('a', url()), task('b', url())]);
    for (const id of [a, b]) await untilRunning(service, id);
    const items = [
      { id: a, new_success: 1, run_at: null },
      { id: b, new_success: 1, stauts: 'Success' },
    ];
    const { ignored, answer } = await strictly('PATCH', '/task', items);
    expect(ignored).toBe('[1].stauts');
    const error = 'stauts: is unknown; did you mean status?';
    expect(answer.results).toEqual([
      { id: a, status: 200 },
      { id: b, status: 400, error },
    ]);
    expect((await strictly('PUT', '/task', items)).answer.results).toMatchObject([
      { status: 202 },
      { status: 400, error },
    ]);
    expect((await send('PUT', '/task', items)).answer.results).toMatchObject([{ status: 202 }, { status: 202 }]);
    expect((await strictly('PATCH', '/task?x=1', items)).status).toBe(400);
  });

  it('is named by every operation if it is a parameter of the query, and no documented one is', async () => {
    expect(operations.length).toBeGreaterThan(30);
    for (const { method, path, queryParameters } of operations) {
      if (OTHERS.includes(path) || path === '/events' || path.endsWith('/events')) continue;
      const target = path.replace(/\{\w+\}/, NOBODY);
      const names = new URLSearchParams(queryParameters.map((name) => [name, '1']));
      const { ignored } = await send(method, `${target}?${names}&token=x&Zz%C3%BC,%25=1`);
      expect([method, path, ignored]).toEqual([method, path, 'Zz%C3%BC%2C%25']);
    }
  });

  it('is in no body that the API document describes', async () => {
    const described = operations.flatMap(({ bodies, ...rest }) => bodies.map((body) => ({ ...rest, body })));
    expect(described.length).toBeGreaterThan(15);
    for (const { method, path, body } of described) {
      const { ignored } = await send(method, path.replace(/\{\w+\}/, NOBODY), body);
      expect([method, path, body, ignored]).toEqual([method, path, body, null]);
    }
  });

  it('filters no list', async () => {
    for (const ids of ['1', NOBODY]) {
      const { status, ignored } = await send('GET', `/webhook-deliveries?ids=${ids}`);
      expect([status, ignored]).toEqual([200, 'ids']);
    }
  });

  it('has a suggestion only for the first of many in an item of a bulk', async () => {
    const item = {
      id: NOBODY,
      statu: 1,
      ...Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`statu${n}`, n])),
    };
    const { answer } = await strictly('PATCH', '/task', [item]);
    const [{ error }] = answer.results as { error: string }[];
    expect(error.match(/is unknown/g)).toHaveLength(20);
    expect(error.match(/did you mean status/g)).toHaveLength(1);
  });

  it('is refused for a strict client that mistypes a filter', async () => {
    const { status, answer } = await strictly('GET', '/task?stats=Running');
    expect([status, answer.details]).toEqual([400, ['stats: is unknown; did you mean status?']]);
    expect((await strictly('GET', '/batches?status=Running&page=0&page_size=2')).status).toBe(200);
  });

  it('is named only up to a bound, however many there are and however long their names', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`${'ü'.repeat(500)}${n}`, n]));
    const { status, ignored } = await send('POST', '/task', [{ ...task('a', url()), ...many }]);
    const names = ignored!.split(', ');
    expect([status, names.at(-1)]).toEqual([201, '...']);
    expect(names[0]).toMatch(/^tasks\[0\]\.(%C3%BC)+$/);
    expect(ignored!.length).toBeLessThan(3000);
    const short = Object.fromEntries(Object.keys(many).map((_, n) => [`X${n}`, n]));
    const { ignored: first } = await send('POST', '/task', [{ ...task('a', url()), ...short }]);
    expect(first!.split(', ').length).toBe(21);
    const { answer } = await strictly('POST', '/task', [{ ...task('a', url()), ...many }]);
    expect(answer.details.length).toBe(101);
  });

  it('does not hide that access is missing, or that the JSON is malformed', async () => {
    const { a } = await service.create([task('a', url())]);
    expect((await strictly('PATCH', `/task/${a}`, '\u0000')).status).toBe(400);
    const response = await fetch(`${service.url}/task?x=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    const { error } = (await response.json()) as { error: string };
    expect([response.status, response.headers.get(HEADER), error]).toEqual([400, 'x', 'The JSON is malformed']);
    expect((await service.call<Task>('GET', `/task/${a}`)).headers.get(HEADER)).toBeNull();
  });
});
