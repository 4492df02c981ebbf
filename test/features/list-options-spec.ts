import { useService } from '../support/fixture';
import { after, task, type Task } from '../support/service';

const URL = 'http://receiver.test/start';
const HOST_URL = 'https://hookline.test/prefix';
const PAGE = 3;
const BATCHES = 7;

interface Item {
  [field: string]: unknown;
}

describe('A list', () => {
  // Nothing starts, so that the lists stay the same.
  const service = useService({ WORKER_ENABLED: '0', PAGINATION_DEFAULT: String(PAGE), HOST_URL });
  const batches: string[] = [];
  let failed: Record<string, string>;
  beforeAll(async () => {
    service.url = await service.app.getUrl();
    for (let n = 1; n < BATCHES; n++) batches.push((await service.create([task(`t${n}`, URL)])).batch);
    failed = await service.create([
      task('a', URL, { on_failure: [{ kind: 'Webhook', params: { url: URL, verb: 'Post' } }] }),
      task('b', URL, after(['a'])),
      task('c', URL),
    ]);
    batches.push(failed.batch);
    await service.call('DELETE', `/task/${failed.a}`);
    await service.call('DELETE', `/task/${failed.c}`);
    const schedule = { cron: '@daily', batch: [task('a', URL)] };
    for (let n = 0; n < BATCHES; n++) await service.call('PUT', `/schedule/s${n}`, { ...schedule, paused: true });
    await service.call('PUT', '/schedule/s5', { ...schedule, starts_at: '2100-01-01T00:00:00Z' });
    await service.call('PUT', '/schedule/s6', schedule);
    await service.query(
      `INSERT INTO delivery (id, batch_id, trigger, status, attempts, created_at, updated_at, key, url)
       SELECT gen_random_uuid(), gen_random_uuid(), 'start', 'success', 1, now(), now() - make_interval(secs => n), n || ':start', 'http://r.test/'
       FROM generate_series(1, ${BATCHES}) AS n`,
    );
  });

  const list = async (path: string) => {
    const { status, body, headers } = await service.call<Item[]>('GET', path);
    expect([path, status]).toEqual([path, 200]);
    return { body, links: linksIn(headers.get('link') ?? '') };
  };
  /** Follows the links from a page, and returns the items of each page. */
  const walk = async (path: string, rel: string) => {
    const pages: Item[][] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const { body, links } = await list(next);
      pages.push(body);
      next = links[rel];
      expect(pages.length).toBeLessThan(20);
    }
    return pages;
  };

  it.each([
    ['/task', 'id', BATCHES + 2],
    ['/task?status=pending&sort=created_at&name=Task%20t&page_size=2', 'id', BATCHES - 1],
    ['/task?status=Failure&status=Canceled&sort=-ended_at&page_size=1&fields=failure_reason,timeout', 'id', 3],
    ['/batches', 'batch_id', BATCHES],
    ['/batches?sort=created_at&page_size=1', 'batch_id', BATCHES],
    ['/webhook-deliveries', 'id', BATCHES],
    ['/webhook-deliveries?status=success&status=pending&page_size=2', 'id', BATCHES],
    ['/webhook-deliveries?sort=updated_at&host=r.test&page_size=2', 'id', BATCHES],
    ['/schedule', 'name', BATCHES],
    ['/schedule?sort=next_due_at&page_size=2', 'name', BATCHES],
  ])('links its pages, which show every item of %s once', async (path, key, count) => {
    const pages = await walk(path, 'next');
    const keys = pages.flat().map((item) => item[key]);
    expect([keys.length, new Set(keys).size]).toEqual([count, count]);
    const size = Number(new URLSearchParams(path.split('?')[1]).get('page_size') ?? PAGE);
    expect(pages.slice(0, -1).map((page) => page.length)).toEqual(Array(pages.length - 1).fill(size));
    const last = `${path}${path.includes('?') ? '&' : '?'}page=${pages.length - 1}`;
    expect(await walk(last, 'prev')).toEqual(pages.reverse());
    expect((await list(last)).links.first).toMatch(/[?&]page=0/);
  });

  it('names its first page as the only one when all items fit, and keeps other parameters as they are', async () => {
    const { links } = await list(`/task?name=${encodeURIComponent('Ü <"x">, %')}&page=0&page=`);
    expect(links).toEqual({ first: '/task?name=%C3%9C+%3C%22x%22%3E%2C+%25&page=0' });
  });

  it('keeps a question mark in its parameters', async () => {
    const { links } = await list('/task?name=what?now&status=Failure');
    expect(links).toEqual({ first: '/task?name=what%3Fnow&status=Failure&page=0' });
  });

  it('has no links for a query that would make them too long', async () => {
    expect((await list(`/task?name=${'x'.repeat(6000)}`)).links).toEqual({});
  });

  describe('of tasks', () => {
    const names = async (query: string) => (await list(`/task?page_size=20&${query}`)).body.map(({ name }) => name);

    it('has those of several statuses', async () => {
      const expected = ['Task c', 'Task b', 'Task a'];
      for (const query of [
        'status=Failure&status=Canceled',
        'status=canceled,FAILURE',
        'status=Failure,Canceled,Failure',
      ])
        expect([query, await names(query)]).toEqual([query, expected]);
      expect(await names('status=Failure')).toEqual(['Task b']);
      expect(await names('status=Failure,Pending')).toHaveLength(BATCHES);
    });

    it('has the last ended first, or the oldest first', async () => {
      expect(await names('status=Canceled,Failure&sort=-ended_at')).toEqual([
        'Task c',
        expect.anything(),
        expect.anything(),
      ]);
      expect(await names('status=Canceled&sort=-ended_at')).toEqual(['Task c', 'Task a']);
      expect((await names('sort=created_at'))[0]).toBe('Task t1');
    });

    it('has only root causes, or only consequences', async () => {
      expect(await names('root_cause=true&status=Failure,Canceled')).toEqual(['Task c', 'Task a']);
      expect(await names('root_cause=true&status=Failure')).toEqual([]);
      expect(await names('root_cause=true&status=Canceled&sort=-ended_at')).toEqual(['Task c', 'Task a']);
      expect(await names('root_cause=false&status=Failure,Canceled')).toEqual(['Task b']);
    });

    it('has those created or ended in a range, ends included', async () => {
      const { created_at, ended_at } = (await service.task(failed.a)) as Task & Record<string, string>;
      expect(await names(`created_after=${created_at}`)).toHaveLength(3);
      expect(await names(`created_before=${created_at}`)).toHaveLength(BATCHES + 2);
      expect(await names(`ended_after=${ended_at}`)).toEqual(['Task c', 'Task b', 'Task a']);
      expect(await names(`ended_before=${ended_at}`)).toEqual(['Task b', 'Task a']);
      expect(await names(`ended_after=2100-01-01`)).toEqual([]);
      expect(await names(`ended_before=2000-01-01`)).toEqual([]);
    });

    it('adds the fields that are asked for, as do graphs, and no others', async () => {
      const light = (await list(`/task?batch_id=${failed.batch}`)).body;
      expect(light[0]).not.toHaveProperty('failure_reason');
      const full = await Promise.all(light.map(({ id }) => service.task(id as string)));
      const withExtras = light.map((item, i) => ({
        ...item,
        failure_reason: full[i].failure_reason,
        last_updated: full[i].last_updated,
        timeout: full[i].timeout,
      }));
      const query = 'fields=failure_reason&fields=timeout,last_updated';
      expect((await list(`/task?batch_id=${failed.batch}&${query}`)).body).toEqual(withExtras);
      const graph = async (path: string) => (await service.call<{ tasks: Task[] }>('GET', path)).body.tasks.reverse();
      expect(await graph(`/dag/${failed.batch}?${query}`)).toEqual(withExtras);
      expect(await graph(`/dag/${failed.batch}`)).toEqual(light);
      expect(full.map(({ failure_reason }) => failure_reason)).toContain(`Parent task ${failed.a} did not succeed`);
    });
  });

  it.each([
    [
      '/task?fields=failure_reason,colour',
      'fields: must be any of failure_reason, last_updated, timeout, separated by commas',
    ],
    ['/task?fields=', 'fields: must be any of failure_reason, last_updated, timeout, separated by commas'],
    [
      '/dag/$batch?fields=metadata',
      'fields: must be any of failure_reason, last_updated, timeout, separated by commas',
    ],
    [
      '/batch/$batch/events?fields=x',
      'fields: must be any of failure_reason, last_updated, timeout, separated by commas',
    ],
    ['/task?sort=name', 'sort: must be one of -created_at, created_at, -ended_at'],
    ['/task?sort=-ended_at', 'sort: -ended_at needs a status of Failure or Canceled only'],
    ['/task?sort=-ended_at&status=Failure,Success', 'sort: -ended_at needs a status of Failure or Canceled only'],
    ['/task?status=Failure,Done', expect.stringMatching(/^status: must be one of Waiting, /)],
    ['/task?ended_after=soon', expect.stringMatching(/^ended_after: must be an ISO 8601 time/)],
    ['/task?root_cause=false', 'root_cause: needs a status of Failure or Canceled only'],
    ['/task?root_cause=yes', 'root_cause: must be true or false'],
    ['/webhook-deliveries?sort=created_at', 'sort: must be one of -updated_at, updated_at'],
    ['/schedule?sort=cron', 'sort: must be one of name, next_due_at'],
    ['/batches?fields=scope', 'fields: must be any of stopped_at, exhausted_deliveries, separated by commas'],
    ['/batches?sort=-ended_at', 'sort: must be one of -created_at, created_at'],
    ['/batches?status=Failure&status=', expect.stringMatching(/^status: must be one of Waiting, /)],
  ])('refuses %s', async (path, fault: unknown) => {
    const { status, body } = await service.call<{ details: string[] }>('GET', path.replace('$batch', failed.batch));
    expect([status, body.details]).toEqual([400, [fault]]);
  });

  it('of deliveries has the last changed first, or last', async () => {
    const keys = async (query: string) =>
      (await list(`/webhook-deliveries?page_size=20&${query}`)).body.map(({ idempotency_key }) => idempotency_key);
    const lastFirst = Array.from({ length: BATCHES }, (_, i) => `${i + 1}:start`);
    for (const filter of ['', '&status=success', '&trigger=start'])
      for (const [sort, expected] of [
        ['-updated_at', lastFirst],
        ['updated_at', lastFirst.toReversed()],
      ] as const)
        expect([sort, filter, await keys(`sort=${sort}${filter}`)]).toEqual([sort, filter, expected]);
  });

  it('of schedules is sorted by name, or by the next due time with paused ones last', async () => {
    const names = async (query: string) => (await list(`/schedule?page_size=20&${query}`)).body.map(({ name }) => name);
    const byName = Array.from({ length: BATCHES }, (_, n) => `s${n}`);
    expect(await names('sort=name')).toEqual(byName);
    expect(await names('sort=next_due_at')).toEqual(['s6', 's5', ...byName.slice(0, 5)]);
  });

  it('of batches has those with tasks in any of several statuses', async () => {
    const ids = async (query: string) =>
      (await list(`/batches?page_size=20&${query}`)).body.map(({ batch_id }) => batch_id);
    expect(await ids('status=Failure&status=running')).toEqual([failed.batch]);
    expect(await ids('status=Pending,Failure&sort=created_at')).toEqual(batches);
  });
});

describe('After failures and stops,', () => {
  const service = useService({ WORKER_ENABLED: '0' });

  it('the list of root causes has none that ended because of a parent, of their children or of a stop', async () => {
    const { batch, parent, last, required } = await service.create([
      task('parent', URL),
      task('last', URL, after([], ['parent'])),
      task('required', URL, after(['last'])),
    ]);
    await service.call('DELETE', `/task/${last}`);
    const { batch: stopped } = await service.create([task('stopped', URL)]);
    await service.call('DELETE', `/batch/${stopped}`);
    const reasons = await Promise.all([parent, required].map(async (id) => (await service.task(id)).failure_reason));
    expect(reasons).toEqual(['All child tasks already terminated', `Parent task ${last} did not succeed`]);
    const ids = async (query: string) =>
      (await service.call<Item[]>('GET', `/task?${query}`)).body.map(({ id }) => id as string);
    const failed = 'status=Failure,Canceled';
    expect(await ids(`${failed}&root_cause=true`)).toEqual([last]);
    expect(await ids(`${failed}&root_cause=false&batch_id=${batch}`)).toEqual([required, parent]);
    expect(await ids(`${failed}&root_cause=false&batch_id=${stopped}`)).toHaveLength(1);
  });

  it('the list of batches says which were stopped, and how many deliveries are exhausted, where that is asked for', async () => {
    const { batch: other } = await service.create([task('a', URL)]);
    const { batch: stopped } = await service.create([task('a', URL)]);
    await service.call('DELETE', `/batch/${stopped}`);
    await service.query(
      `INSERT INTO delivery (id, batch_id, trigger, status, attempts, created_at, updated_at, key, url)
       SELECT gen_random_uuid(), $1, 'end', status, 1, now(), now(), n || status::text, 'http://r.test/'
       FROM generate_series(1, 1001) AS n, unnest(enum_range(NULL::delivery_status)) AS status`,
      [other],
    );
    const { body: plain } = await service.call<Item[]>('GET', '/batches?page_size=2');
    const { body } = await service.call<Item[]>('GET', '/batches?page_size=2&fields=stopped_at,exhausted_deliveries');
    expect(body).toEqual([
      { ...plain[0], stopped_at: expect.stringMatching(/^20.*Z$/), exhausted_deliveries: 0 },
      { ...plain[1], stopped_at: null, exhausted_deliveries: 1000 },
    ]);
    expect(plain.map(({ batch_id }) => batch_id)).toEqual([stopped, other]);
    expect(plain[0]).not.toHaveProperty('stopped_at');
  });
});

/** Returns the paths of the links in a header by their relations. */
function linksIn(header: string): Record<string, string> {
  return Object.fromEntries(
    [...header.matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url, rel]) => {
      expect(url.startsWith(`${HOST_URL}/`)).toBe(true);
      return [rel, url.slice(HOST_URL.length)];
    }),
  );
}
