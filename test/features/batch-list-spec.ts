import { useService } from '../support/fixture';
import { task } from '../support/service';

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as string;
const NONE = { waiting: 0, pending: 0, claimed: 0, running: 0, success: 0, failure: 0, paused: 0, canceled: 0 };

interface Summary {
  batch_id: string;
  total_tasks: number;
  first_created_at: string;
  latest_updated_at: string;
  status_counts: Record<string, number>;
  kinds: string[];
  scope: string | null;
  metadata: unknown;
}
interface Problem {
  details: string[];
}

describe('The list of batches', () => {
  // Nothing is started, so that the list stays as it is.
  const service = useService({ WORKER_ENABLED: '0', PAGINATION_DEFAULT: '3', PAGINATION_MAX: '6' });
  // From the newest to the oldest.
  let ids: Record<'plain' | 'csv' | 'nightly' | 'odd' | 'first', string>;
  beforeAll(async () => {
    const one = (id: string, rest: object) => ({ ...task(id, 'http://receiver.test/start'), ...rest });
    const create = async (tasks: object[], rest: object = {}) => (await service.create({ tasks, ...rest })).batch;
    const first = await create([one('1', { name: 'Import orders', kind: 'import' })], { scope: 'shop-a' });
    const odd = await create(
      [one('1', { name: '100% under_score', kind: 'a\\b' }), one('2', { name: 'Plain', kind: 'c_d' })],
      { metadata: { note: '50%_done', 'a "quote"': 'back\\slash' } },
    );
    const nightly = await create(
      [
        one('1', { name: 'Import orders', kind: 'export' }),
        one('2', { name: 'Send', kind: 'import', dependencies: [{ id: '1', requires_success: true }] }),
        one('3', { name: 'Check', kind: 'verify' }),
      ],
      { scope: 'shop-a', metadata: { requested_by: 'nightly', tags: ['x', 'y'], deep: { er: true } } },
    );
    const csv = await create([one('1', { name: 'Read', kind: 'import.csv' })], {
      scope: 'Shop-A/Ü😀',
      metadata: 'text',
    });
    const plain = await create([one('1', { name: 'Import', kind: 'x' })]);
    // A request without tasks creates no batch.
    await service.call('POST', '/task', { tasks: [], scope: 'shop-a' });
    ids = { plain, csv, nightly, odd, first };
  });

  type Name = keyof typeof ids;
  const ALL: Name[] = ['plain', 'csv', 'nightly', 'odd', 'first'];
  const get = (query: Record<string, string>) =>
    service.call<Summary[]>('GET', `/batches?${new URLSearchParams({ page_size: '6', ...query })}`);
  const namesOf = (summaries: Summary[]) =>
    summaries.map(({ batch_id }) => ALL.find((name) => ids[name] === batch_id) ?? batch_id);
  const found = async (query: Record<string, string>) => {
    const { status, body } = await get(query);
    expect([status, body]).toEqual([200, expect.any(Array)]);
    return namesOf(body);
  };

  it('has summaries, newest first', async () => {
    const { body } = await get({});
    expect(namesOf(body)).toEqual(ALL);
    expect(body[2]).toEqual({
      batch_id: ids.nightly,
      total_tasks: 3,
      first_created_at: ISO,
      latest_updated_at: ISO,
      status_counts: { ...NONE, pending: 2, waiting: 1 },
      kinds: ['export', 'import', 'verify'],
      scope: 'shop-a',
      metadata: { requested_by: 'nightly', tags: ['x', 'y'], deep: { er: true } },
    });
    expect(body[0]).toMatchObject({ scope: null, metadata: null });
  });

  it('shows the time of the last change', async () => {
    const before = (await get({})).body[4];
    const [{ id }] = (await service.call<{ id: string }[]>('GET', `/task?batch_id=${ids.first}`)).body;
    await service.call('PUT', `/task/${id}`, { new_success: 1 });
    const after = (await get({})).body[4];
    expect(after).toEqual({ ...before, latest_updated_at: ISO });
    expect(Date.parse(after.latest_updated_at)).toBeGreaterThan(Date.parse(before.latest_updated_at));
  });

  describe('is filtered', () => {
    test.each<[what: string, query: Record<string, string>, names: Name[]]>([
      ['by a part of the kind of a task', { kind: 'import' }, ['csv', 'nightly', 'first']],
      ['by a part of its name, in any case', { name: 'IMPORT' }, ['plain', 'nightly', 'first']],
      ['by a kind with _, which stands for itself', { kind: '_' }, ['odd']],
      ['by a kind with \\, which stands for itself', { kind: '\\' }, ['odd']],
      ['by a name with %, which stands for itself', { name: '%' }, ['odd']],
      ['by a name with _, which stands for itself', { name: '_' }, ['odd']],
      ['by the status of a task', { status: 'Waiting' }, ['nightly']],
      ['by the status of a task in any case', { status: 'wAITING' }, ['nightly']],
      ['by a status that no task has', { status: 'Running' }, []],
      ['by name and kind of the same task', { name: 'orders', kind: 'import' }, ['first']],
      ['by status and kind of the same task', { status: 'Waiting', kind: 'export' }, []],
      ['by all three', { status: 'Waiting', kind: 'import', name: 'Send' }, ['nightly']],
      ['by scope, exactly', { scope: 'shop-a' }, ['nightly', 'first']],
      ['by a scope of any letters', { scope: 'Shop-A/Ü😀' }, ['csv']],
      ['by a part of a scope, without a match', { scope: 'shop' }, []],
      ['by metadata', { metadata: '{"requested_by":"nightly"}' }, ['nightly']],
      ['by metadata deep inside', { metadata: '{"deep":{"er":true}}' }, ['nightly']],
      ['by an item of an array', { metadata: '{"tags":["y"]}' }, ['nightly']],
      ['by metadata that is a text', { metadata: '"text"' }, ['csv']],
      ['by metadata of several members', { metadata: '{"tags":["x"],"requested_by":"daily"}' }, []],
      ['by any object as metadata', { metadata: '{}' }, ['nightly', 'odd']],
      ['by a search in scopes', { search: 'shop-a' }, ['csv', 'nightly', 'first']],
      ['by a search in metadata', { search: 'nightly' }, ['nightly']],
      ['by a search in metadata for a text with quotes', { search: '"quote"' }, ['odd']],
      ['by a search for a text that JSON escapes', { search: 'k\\s' }, ['odd']],
      ['by a search in names of tasks', { search: 'orders' }, ['nightly', 'first']],
      ['by a search in kinds of tasks', { search: '.CSV' }, ['csv']],
      ['by a search for %, which stands for itself', { search: '%' }, ['odd']],
      ['by a search for _, which stands for itself', { search: '_' }, ['nightly', 'odd']],
      ['by a search for %_, which stands for itself', { search: '%_' }, ['odd']],
      ['by a search for \\, which stands for itself', { search: '\\' }, ['odd']],
      ['by a search beside filters of another task', { search: 'Check', kind: 'export' }, ['nightly']],
      ['by scope and metadata', { scope: 'shop-a', metadata: '{}' }, ['nightly']],
      ['by scope and kind and search', { scope: 'shop-a', kind: 'imp', search: 'orders', name: 'Send' }, ['nightly']],
      ['by filters that exclude each other', { scope: 'shop-a', search: 'csv' }, []],
      ['by an unknown parameter, which is ignored', { colour: 'blue', scope: 'shop-a' }, ['nightly', 'first']],
      ['by SQL, which is only text', { search: `' OR 1=1 --`, name: `'; DROP TABLE batch; --` }, []],
      ['by nothing when all filters are empty', { kind: '', name: '', search: '', scope: '' }, ALL],
    ])('%s', async (_, query, names) => {
      expect(await found(query)).toEqual(names);
    });

    test('and still summarizes the whole batch', async () => {
      const [summary] = (await get({ kind: 'verify', status: 'Pending' })).body;
      expect(summary).toMatchObject({
        batch_id: ids.nightly,
        total_tasks: 3,
        status_counts: { ...NONE, pending: 2, waiting: 1 },
        kinds: ['export', 'import', 'verify'],
      });
    });

    describe('by time of creation', () => {
      // A day apart; one has a fraction of a millisecond.
      const TIMES: Record<Name, string> = {
        plain: '2020-01-05T12:00:00Z',
        csv: '2020-01-04T12:00:00Z',
        nightly: '2020-01-03T12:00:00.123456Z',
        odd: '2020-01-02T12:00:00Z',
        first: '2020-01-01T12:00:00Z',
      };
      beforeAll(async () => {
        for (const name of ALL)
          await service.query(
            `WITH b AS (UPDATE batch SET created_at = $2 WHERE id = $1), t AS (UPDATE task SET created_at = $2 WHERE batch_id = $1)
             UPDATE task_definition SET created_at = $2 WHERE batch_id = $1`,
            [ids[name], TIMES[name]],
          );
      });

      test.each<[what: string, query: Record<string, string>, names: Name[]]>([
        ['from then on, inclusive', { created_after: '2020-01-04T12:00:00Z' }, ['plain', 'csv']],
        ['until then, inclusive', { created_before: '2020-01-02T12:00:00Z' }, ['odd', 'first']],
        ['a millisecond later', { created_after: '2020-01-04T12:00:00.001Z' }, ['plain']],
        ['a millisecond earlier', { created_before: '2020-01-02T11:59:59.999Z' }, ['first']],
        [
          'in between',
          { created_after: '2020-01-02T12:00:00Z', created_before: '2020-01-04T12:00:00Z' },
          ['csv', 'nightly', 'odd'],
        ],
        ['of no length', { created_after: '2020-01-02T12:00:00Z', created_before: '2020-01-02T12:00:00Z' }, ['odd']],
        ['in reverse order', { created_after: '2020-01-04T12:00:00Z', created_before: '2020-01-02T12:00:00Z' }, []],
        ['in another zone', { created_after: '2020-01-05T14:00:00+02:00' }, ['plain']],
        ['without a zone, which is UTC', { created_after: '2020-01-05T12:00:00' }, ['plain']],
        ['as databases write it', { created_before: '2020-01-01 12:00' }, ['first']],
        ['given as a day, which begins at midnight UTC', { created_before: '2020-01-02' }, ['first']],
        ['from the first year on', { created_after: '0001-01-01T00:00:00Z' }, ALL],
        ['until the last year that can be written', { created_before: '9999-12-31T23:59:59Z' }, ALL],
        ['together with other filters', { created_after: '2020-01-02T00:00:00Z', scope: 'shop-a' }, ['nightly']],
      ])('%s', async (_, query, names) => {
        expect(await found(query)).toEqual(names);
      });

      test('equal to the time that it shows, on both sides', async () => {
        const { first_created_at } = (await get({})).body[2];
        expect(await found({ created_after: first_created_at, created_before: first_created_at })).toEqual(['nightly']);
      });
    });

    test('by a search text of up to 255 characters', async () => {
      expect(await found({ search: '😀'.repeat(255) })).toEqual([]);
    });

    test.each(
      [
        ['status', 'Done'],
        ['status', 'Pending,Waitin'],
        ['metadata', '{shop:1}'],
        ['metadata', '{"a":"\\u0000"}'],
        ['metadata', '"\\ud800"'],
        ['metadata', '{"__proto__":1}'],
        ['metadata', '['.repeat(2000) + ']'.repeat(2000)],
        ['search', '😀'.repeat(256)],
        ...['created_after', 'created_before'].flatMap((field) =>
          [
            'yesterday',
            '1577880000',
            '2020-13-01T00:00:00Z',
            '2020-02-30T00:00:00Z',
            '2020-01-01T25:00:00Z',
            '2020-01-01T00:00:00+99:99',
            '12:00:00',
            'NaN',
            'infinity',
            '',
          ].map((value) => [field, value]),
        ),
      ].map(([field, value]) => ({ field, value, start: value.slice(0, 25) })),
    )('only by valid values: 400 for $field=$start', async ({ field, value }) => {
      const { status, body } = await service.call<Problem>(
        'GET',
        `/batches?${new URLSearchParams({ [field]: value })}`,
      );
      expect(status).toBe(400);
      expect(body.details).toEqual([expect.stringMatching(new RegExp(`^${field}\\b.*: `))]);
    });

    test.each(
      [
        '0000-01-01T00:00:00Z',
        '-0001-01-01T00:00:00Z',
        '10000-01-01T00:00:00Z',
        '+010000-01-01T00:00:00Z',
        '+275760-09-13T00:00:00Z',
        '99999-01-01T00:00:00Z',
        '99999999-01-01',
        '2020-W01',
        '2020-W01-1',
        '2020-001',
        '20200101T000000Z',
        '2020-01-01T24:00:00Z',
        '2020-06-30T23:59:60Z',
        '2020-01-01T00:00:00,5Z',
        '2020-01-01T00:00:00.123456789123Z',
        '2020-01',
        '2020',
      ].flatMap((value) => ['created_after', 'created_before'].map((field) => ({ field, value }))),
    )('by $field=$value without an internal error', async ({ field, value }) => {
      const { status } = await get({ [field]: value });
      expect([200, 400]).toContain(status);
    });

    test('by one value a field, and every fault is named at once', async () => {
      for (const name of ['kind', 'name', 'scope', 'search', 'status', 'metadata', 'created_after']) {
        expect((await service.call('GET', `/batches?${name}=2020-01-01&${name}=2020-01-01`)).status).toBe(400);
      }
      const { body } = await service.call<Problem>('GET', '/batches?status=x&created_after=x&created_before=x');
      const fields = body.details.map((fault) => fault.split(':')[0]);
      expect(fields.sort()).toEqual(['created_after', 'created_before', 'status']);
    });
  });

  describe('has pages', () => {
    test.each<[query: string, names: Name[]]>([
      ['', ['plain', 'csv', 'nightly']],
      ['page=1', ['odd', 'first']],
      ['page=2', []],
      ['page_size=2&page=1', ['nightly', 'odd']],
      ['page_size=1&page=4', ['first']],
      ['scope=shop-a&page_size=1&page=1', ['first']],
      ['page=-1', ['plain', 'csv', 'nightly']],
      ['page_size=0', ['plain', 'csv', 'nightly']],
      ['page_size=-5', ['plain', 'csv', 'nightly']],
      ['page_size=100', ALL],
      ['page_size=99999999999999999999', ALL],
      ['page=99999999999999999999', []],
      ['page=9223372036854775807&page_size=6', []],
      ['page=&page_size=', ['plain', 'csv', 'nightly']],
    ])('%s', async (query, names) => {
      const { status, body } = await service.call<Summary[]>('GET', `/batches?${query}`);
      expect(status).toBe(200);
      expect(namesOf(body)).toEqual(names);
    });

    test.each(['page=x', 'page_size=x', 'page=1&page=2', 'metadata={"n":1e999999}', 'search=%ff', 'kind=%00'])(
      'with %s without an internal error',
      async (query) => {
        expect((await service.call('GET', `/batches?${query}`)).status).toBeLessThan(500);
      },
    );
  });

  it('orders batches of the same time by id', async () => {
    await service.query(`UPDATE batch SET created_at = '2021-01-01T00:00:00Z'`);
    const { body } = await get({});
    expect(body.map(({ batch_id }) => batch_id)).toEqual(Object.values(ids).sort().reverse());
  });
});
