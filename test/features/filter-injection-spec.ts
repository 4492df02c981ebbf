import { useService } from '../support/fixture';
import { task } from '../support/service';

/** Texts that mean something in SQL, LIKE, regular expressions or JSON, and must be taken literally. */
const STRANGE = [
  `' OR '1'='1`,
  `'; DROP TABLE task; --`,
  `') OR TRUE --`,
  `" OR ""="`,
  `\\' OR 1=1 --`,
  `%' OR name ILIKE '%`,
  `$1`,
  `$$x$$`,
  `E'\\x27'`,
  `/* */ OR 1=1`,
  `? ?? :name @> `,
  `%`,
  `%%`,
  `_`,
  `____`,
  `\\`,
  `\\\\`,
  `\\%`,
  `a\\_b`,
  `.*`,
  `^$`,
  `(a+)+$`,
  `[a-z]`,
  `{"a":1}`,
  `"quoted"`,
  `pg_sleep(10)`,
  `\u0130\u0131\u017f`,
  `\ufeff`,
  `\u202e`,
  `\u{1f600}`,
];

describe('Filters', () => {
  const service = useService({ WORKER_ENABLED: '0', PAGINATION_MAX: '1000' });
  beforeAll(async () => {
    const url = 'http://127.0.0.1:9/';
    await service.create([task('plain', url, { name: 'Plain', kind: 'plain', metadata: { note: 'plain' } })]);
    for (const text of STRANGE)
      await service.create({
        tasks: [task('a', url, { name: `a${text}z`, kind: `a${text}z`, metadata: { [text]: text } })],
        scope: `a${text}z`,
        metadata: { [text]: text },
      } as never);
  });

  const list = async (path: string, query: Record<string, string>) => {
    const { status, body } = await service.call<any[]>('GET', `${path}?page_size=1000&${new URLSearchParams(query)}`);
    return { status, found: body };
  };
  /** Returns the texts that contain this one literally. */
  const those = (text: string) => STRANGE.filter((one) => `a${one}z`.includes(text)).map((one) => `a${one}z`);

  describe.each(STRANGE.map((text) => ({ text, shown: JSON.stringify(text) })))('with $shown', ({ text }) => {
    it.each(['name', 'kind'])('find only tasks that have it in their %s', async (member) => {
      const { status, found } = await list('/task', { [member]: text });
      expect([status, found.map((one) => one[member]).sort()]).toEqual([200, those(text).sort()]);
    });

    it.each(['name', 'kind', 'search'])('find only matching batches by %s', async (filter) => {
      const { status, found } = await list('/batches', { [filter]: text });
      const scopes = found.map(({ scope }) => scope as string);
      expect(status).toBe(200);
      expect(scopes).toEqual(expect.arrayContaining(those(text)));
      // A search covers metadata as JSON text too, with quotes and colons.
      if (filter !== 'search') expect(scopes.sort()).toEqual(those(text).sort());
      expect(scopes).not.toContain(null);
    });

    it('find only batches with exactly this scope', async () => {
      const { found } = await list('/batches', { scope: `a${text}z` });
      expect(found.map(({ scope }) => scope as string)).toEqual([`a${text}z`]);
      expect((await list('/batches', { scope: text })).found).toEqual([]);
    });

    it.each(['/task', '/batches'])('find in %s only entries with this metadata', async (path) => {
      const { status, found } = await list(path, { metadata: JSON.stringify({ [text]: text }) });
      expect([status, found.length]).toEqual([200, 1]);
    });

    it.each([
      ['/task', 'status'],
      ['/task', 'batch_id'],
      ['/task', 'timeout'],
      ['/batches', 'status'],
      ['/batches', 'created_after'],
      ['/batches', 'created_before'],
      ['/webhook-deliveries', 'status'],
      ['/webhook-deliveries', 'task_id'],
      ['/webhook-deliveries', 'batch_id'],
      ['/webhook-deliveries', 'trigger'],
      ['/webhook-deliveries', 'updated_after'],
    ])('are refused when it is no valid value: %s by %s', async (path, filter) => {
      expect((await list(path, { [filter]: text })).status).toBe(400);
      const hidden = { status: 'Pending', timeout: '60', created_after: '2026-01-01T00:00:00Z' }[filter] ?? '';
      expect((await list(path, { [filter]: `${hidden}${text}` })).status).toBe(400);
    });
  });

  it('leave the tables unchanged', async () => {
    expect(await service.query('SELECT count(*)::int AS n FROM task')).toEqual([{ n: STRANGE.length + 1 }]);
  });
});
