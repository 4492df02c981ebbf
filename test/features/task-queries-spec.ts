import { useService } from '../support/fixture';
import { task, type Task } from '../support/service';

const URL = 'http://receiver.test/start';
const LIGHT =
  'id name kind status created_at started_at ended_at success failures expected_count batch_id dead_end_barrier priority ' +
  'attempt run_at local_id';

describe('The list of tasks', () => {
  // Nothing starts, so that the list stays the same.
  const service = useService({ WORKER_ENABLED: '0', PAGINATION_DEFAULT: '4', PAGINATION_MAX: '7' });
  let batch: string;
  beforeAll(async () => {
    const one = (id: string, rest: object) => ({ ...task(id, URL), ...rest });
    await service.create([
      one('1', { name: 'Import orders', kind: 'import', metadata: { shop: 'a', tags: ['x', 'y'], n: 1 } }),
      one('2', { name: 'Import 100% of it', kind: 'import.csv', metadata: { shop: 'b', deep: { er: true } } }),
      one('3', { name: 'under_score', kind: 'im_port', timeout: 61 }),
      one('4', { name: 'back\\slash', kind: 'x', metadata: 5 }),
    ]);
    ({ batch } = await service.create([
      one('5', { name: 'underXscore', kind: 'imXport', metadata: ['x', 5] }),
      one('6', { name: 'Last "one" 😀', kind: 'x', timeout: 61, metadata: 'text', priority: 9 }),
      one('7', { name: 'Waits', kind: 'y', dependencies: [{ id: '6', requires_success: true }], metadata: null }),
    ]));
  });

  const get = (query: Record<string, string>) =>
    service.call<Task[]>('GET', `/task?${new URLSearchParams({ page_size: '7', ...query })}`);
  const namesOf = async (query: Record<string, string>) => {
    const { status, body } = await get(query);
    expect([status, body]).toEqual([200, expect.any(Array)]);
    return body.map(({ name }) => name);
  };
  const ALL = [
    'Waits',
    'Last "one" 😀',
    'underXscore',
    'back\\slash',
    'under_score',
    'Import 100% of it',
    'Import orders',
  ];

  it('has light forms, newest first, tasks without metadata included', async () => {
    const { body } = await get({});
    expect(body.map(({ name }) => name)).toEqual(ALL);
    for (const each of body) expect(Object.keys(each).sort()).toEqual(LIGHT.split(' ').sort());
    expect(body[0]).toMatchObject({ status: 'Waiting', started_at: null, ended_at: null, expected_count: null });
  });

  describe('is filtered', () => {
    test.each<[what: string, query: Record<string, string>, names: string[]]>([
      ['by a part of the name', { name: 'mport' }, ['Import 100% of it', 'Import orders']],
      ['by a name with quotes and emoji', { name: '"one" 😀' }, ['Last "one" 😀']],
      ['by a %, which stands for itself', { name: '%' }, ['Import 100% of it']],
      ['by a _, which stands for itself', { name: '_' }, ['under_score']],
      ['by a \\, which stands for itself', { name: '\\' }, ['back\\slash']],
      ['by a name that nothing has', { name: 'nothing' }, []],
      ['by a part of the kind', { kind: 'import' }, ['Import 100% of it', 'Import orders']],
      ['by a kind with _', { kind: 'im_port' }, ['under_score']],
      ['by a kind with %', { kind: 'i%t' }, []],
      ['by status', { status: 'Waiting' }, ['Waits']],
      ['by status in lower case', { status: 'waiting' }, ['Waits']],
      ['by status in upper case', { status: 'WAITING' }, ['Waits']],
      ['by a status of no task', { status: 'Paused' }, []],
      ['by timeout', { timeout: '61' }, ['Last "one" 😀', 'under_score']],
      ['by metadata', { metadata: '{"shop":"a"}' }, ['Import orders']],
      ['by metadata of several members', { metadata: '{"n":1,"shop":"a"}' }, ['Import orders']],
      ['by metadata that differ in one member', { metadata: '{"n":1,"shop":"b"}' }, []],
      ['by metadata deep inside', { metadata: '{"deep":{"er":true}}' }, ['Import 100% of it']],
      ['by an item of an array in metadata', { metadata: '{"tags":["y"]}' }, ['Import orders']],
      ['by metadata that are an array', { metadata: '["x"]' }, ['underXscore']],
      ['by metadata that are a text', { metadata: '"text"' }, ['Last "one" 😀']],
      ['by a value that arrays may contain', { metadata: '5' }, ['underXscore', 'back\\slash']],
      [
        'by several things at once',
        { name: 'mport', kind: 'csv', metadata: '{}', timeout: '60' },
        ['Import 100% of it'],
      ],
      ['by filters that no task meets together', { name: 'mport', timeout: '61' }, []],
      [
        'by an unknown parameter, which is ignored',
        { colour: 'blue', metadata: '{"shop":"b"}' },
        ['Import 100% of it'],
      ],
      ['by SQL, which is only text', { name: `' OR 1=1 --` }, []],
    ])('%s', async (_, query, names) => {
      expect(await namesOf(query)).toEqual(names);
    });

    test('by batch', async () => {
      expect(await namesOf({ batch_id: batch })).toEqual(ALL.slice(0, 3));
      expect(await namesOf({ batch_id: batch.toUpperCase() })).toEqual(ALL.slice(0, 3));
      expect(await namesOf({ batch_id: '00000000-0000-4000-8000-000000000000' })).toEqual([]);
    });

    test.each(
      [
        ['status', 'Done'],
        ['status', 'Waiting '],
        ['status', ''],
        ['timeout', 'long'],
        ['timeout', '1.5'],
        ['timeout', '1e999'],
        ['batch_id', '17'],
        ['metadata', ''],
        ['metadata', '{shop:1}'],
        ['timeout', ''],
        ['metadata', '{"shop":'],
        ['metadata', '{"a":"\\u0000"}'],
        ['metadata', '"\\ud800"'],
        ['metadata', '['.repeat(2000) + ']'.repeat(2000)],
      ].map(([field, value]) => ({ field, value, start: value.slice(0, 20) })),
    )('not by $field=$start, which is answered 400', async ({ field, value }) => {
      const { status, body } = await service.call<{ details: string[] }>(
        'GET',
        `/task?${new URLSearchParams({ [field]: value })}`,
      );
      expect(status).toBe(400);
      expect(body.details).toEqual([expect.stringMatching(new RegExp(`^${field}\\b.*: `))]);
    });

    test('by one value only', async () => {
      expect((await service.call('GET', '/task?name=a&name=b')).status).toBe(400);
      expect((await service.call('GET', '/task?kind=a&kind=b')).status).toBe(400);
    });

    test('with every fault named at once', async () => {
      const { body } = await service.call<{ details: string[] }>('GET', '/task?status=x&timeout=x&batch_id=x');
      expect(body.details.map((fault) => fault.split(':')[0]).sort()).toEqual(['batch_id', 'status', 'timeout']);
    });
  });

  describe('has pages', () => {
    const page = async (query: string) => {
      const { status, body } = await service.call<Task[]>('GET', `/task${query}`);
      expect(status).toBe(200);
      return body.map(({ name }) => name);
    };

    it('of PAGINATION_DEFAULT tasks from page 0 on', async () => {
      expect(await page('')).toEqual(ALL.slice(0, 4));
      expect(await page('?page=0')).toEqual(ALL.slice(0, 4));
      expect(await page('?page=1')).toEqual(ALL.slice(4));
      expect(await page('?page=2')).toEqual([]);
    });

    it('that together show every task once', async () => {
      const pages = await Promise.all([0, 1, 2, 3].map((n) => page(`?page_size=2&page=${n}`)));
      expect(pages.flat()).toEqual(ALL);
    });

    it('of filtered tasks', async () => {
      expect(await page('?name=mport&page_size=1&page=1')).toEqual(['Import orders']);
    });

    test.each<[query: string, names: string[]]>([
      ['page=-1', ALL.slice(0, 4)],
      ['page=-99999999999999999999', ALL.slice(0, 4)],
      ['page=99999999999999999999', []],
      ['page=9223372036854775807&page_size=7', []],
      ['page=1e300', []],
      ['page_size=0', ALL.slice(0, 4)],
      ['page_size=-5', ALL.slice(0, 4)],
      ['page_size=1', ALL.slice(0, 1)],
      ['page_size=7', ALL],
      ['page_size=8', ALL],
      ['page_size=99999999999999999999', ALL],
      ['page=&page_size=', ALL.slice(0, 4)],
    ])('for %s', async (query, names) => {
      expect(await page(`?${query}`)).toEqual(names);
    });

    test.each([
      'page=x',
      'page_size=x',
      'page=1&page=2',
      'timeout=99999999999',
      'timeout=-99999999999',
      'metadata={"n":1e999999}',
      'metadata=',
      'name=',
      'name=%ff',
    ])('and no server error for %s', async (query) => {
      expect((await service.call('GET', `/task?${query}`)).status).toBeLessThan(500);
    });
  });

  it('keeps its order while tasks change', async () => {
    const order = async () => (await get({})).body.map(({ id }) => id);
    const before = await order();
    await service.call('PUT', `/task/${before[3]}`, { new_success: 1 });
    await service.call('PATCH', `/task/pause/${before[5]}`);
    expect(await order()).toEqual(before);
    await service.call('PATCH', `/task/resume/${before[5]}`);
  });

  it('orders tasks of one moment by their ids', async () => {
    const ids = (await get({ batch_id: batch })).body.map(({ id, created_at }) => ({ id, created_at }));
    expect(new Set(ids.map(({ created_at }) => created_at)).size).toBe(1);
    expect(ids.map(({ id }) => id)).toEqual(
      ids
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });
});
