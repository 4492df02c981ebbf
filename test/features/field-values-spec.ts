import { useReceiver, useService } from '../support/fixture';
import { runTask } from '../support/graph';
import { fieldsOf, refusal, type Problem } from '../support/refusal';
import { age } from '../support/rows';
import { task, webhook } from '../support/service';

const EMOJI = '😀';
/** A variation selector: a code point of its own that changes the one before it. */
const SELECTOR = '\ufe0f';
const URL = 'http://receiver.test/';

describe('A value of a field', () => {
  const service = useService({ PAGINATION_DEFAULT: '2', PAGINATION_MAX: '3' });
  const receiver = useReceiver();

  const running = () => runTask(service, receiver.url('/start'), { kind: 'own' });

  describe('is measured in code points:', () => {
    const padded = (count: number, character: string) => URL + character.repeat(count - URL.length);

    test.each([EMOJI, SELECTOR, 'x'])('a URL may have 8192 with %j, and not one more', async (character) => {
      const [most, more] = [8192, 8193].map((count) => webhook(padded(count, character)));
      await service.create([task('a', URL, { on_start: most })]);
      expect(fieldsOf(await refusal(service, [task('a', URL, { on_start: more })]))).toEqual([
        'tasks[0].on_start.params.url',
      ]);
    });

    test.each([EMOJI, SELECTOR, 'x'])(
      'a scope may have 255 and a reason 65,536 with %j, and not one more',
      async (c) => {
        const text = (count: number) => `x${c.repeat(count - 1)}`;
        await service.create({ tasks: [task('a', URL)], scope: text(255) } as { tasks: object[] });
        expect(fieldsOf(await refusal(service, { tasks: [task('a', URL)], scope: text(256) }))).toEqual(['scope']);
        const { id } = await running();
        expect((await service.fail(id, text(65_537))).body).toMatchObject({
          details: [expect.stringMatching(/^failure_reason: /)],
        });
        expect((await service.fail(id, text(65_536))).status).toBe(200);
        expect((await service.task(id)).failure_reason).toBe(text(65_536));
      },
    );
  });

  describe('that is null counts as absent', () => {
    test('in a report, which is then only a sign of life', async () => {
      const { id } = await running();
      await age(service, id, 50);
      const before = await service.task(id);
      const names = [
        'status',
        'failure_reason',
        'new_success',
        'new_failures',
        'metadata',
        'expected_count',
        'priority',
      ];
      expect((await service.report(id, Object.fromEntries(names.map((name) => [name, null])))).status).toBe(200);
      const after = await service.task(id);
      expect(after).toEqual({ ...before, last_updated: after.last_updated });
      expect(after.last_updated).not.toBe(before.last_updated);
    });

    test('in a result', async () => {
      const { id } = await running();
      expect((await service.report(id, { status: 'Success', failure_reason: null, new_success: null })).status).toBe(
        200,
      );
      expect(await service.task(id)).toMatchObject({ status: 'Success', success: 0 });
    });

    test('in an increment', async () => {
      const { id } = await running();
      const put = (body: object) => service.call('PUT', `/task/${id}`, body);
      expect((await put({ new_success: null, new_failures: 2 })).status).toBe(202);
      expect((await put({ new_success: null, new_failures: null })).status).toBe(400);
      expect(await service.task(id)).toMatchObject({ success: 0, failures: 2 });
    });

    test('around tasks, in actions and beside the limit of a rule', async () => {
      const { headers, body, kind, ...rest } = { headers: null, body: null, kind: 'Webhook', url: URL, verb: 'Post' };
      const action = { kind, params: { ...rest, headers, body } };
      const matcher = { kind: 'k', status: 'Running', fields: [] };
      const rule = { type: 'Concurrency', max_concurrency: null, max_concurency: 2, max_capacity: null, matcher };
      const { a } = await service.create({
        tasks: [task('a', URL, { on_success: [action], rules: [rule] })],
        ...{ scope: null, metadata: null, on_batch_complete: null },
      });
      expect((await service.task(a)).rules).toEqual([{ type: 'Concurrency', max_concurency: 2, matcher }]);
    });
  });

  describe('that PostgreSQL cannot hold is refused', () => {
    const texts = ['a\0', 'a\ud800', '\udfffb', '\ude00\ud83d'];
    const matcher = { kind: 'k', status: 'Running', fields: [] as string[] };
    const action = webhook(URL);

    test.each<[path: string, make: (text: string) => object]>([
      ['tasks[0].id', (id) => ({ id })],
      ['tasks[0].name', (name) => ({ name })],
      ['tasks[0].kind', (kind) => ({ kind })],
      ['tasks[0].metadata.a', (a) => ({ metadata: { a } })],
      ['tasks[0].metadata', (name) => ({ metadata: { [name]: 1 } })],
      ['tasks[0].on_start.params.url', (text) => ({ on_start: webhook(URL + text) })],
      ['tasks[0].on_start.params.body', (body) => ({ on_start: webhook(URL, { body }) })],
      ['tasks[0].on_start.params.headers.a', (a) => ({ on_start: webhook(URL, { headers: { a } }) })],
      ['tasks[0].on_failure[0].params.body.a', (a) => ({ on_failure: [webhook(URL, { body: { a } })] })],
      ['tasks[0].dependencies[0].id', (id) => ({ dependencies: [{ id, requires_success: true }] })],
      [
        'tasks[0].rules[0].matcher.kind',
        (kind) => ({ rules: [{ type: 'Concurrency', max_concurrency: 1, matcher: { ...matcher, kind } }] }),
      ],
      ['tasks[0].dedupe_strategy[0].fields[0]', (field) => ({ dedupe_strategy: [{ ...matcher, fields: [field] }] })],
    ])('in %s', async (path, make) => {
      for (const text of texts) expect(fieldsOf(await refusal(service, [task('a', URL, make(text))]))).toContain(path);
    });

    test.each<[path: string, make: (text: string) => object]>([
      ['scope', (scope) => ({ scope })],
      ['metadata[0]', (text) => ({ metadata: [text] })],
      ['on_batch_complete[0].params.body', (body) => ({ on_batch_complete: [webhook(URL, { body })] })],
    ])('in %s of a batch', async (path, make) => {
      for (const text of texts)
        expect(
          fieldsOf(await refusal(service, { tasks: [{ ...task('a', URL), on_start: action }], ...make(text) })),
        ).toEqual([path]);
    });

    test('in new rules, and in a report', async () => {
      const { id, batch } = await running();
      for (const text of texts) {
        const rule = { type: 'Concurrency', max_concurrency: 1, matcher: { ...matcher, fields: [text] } };
        const rules = await service.call<Problem>('PATCH', `/batch/${batch}/rules`, { kind: text, rules: [rule] });
        expect([rules.status, fieldsOf(rules.body.details)]).toEqual([400, ['kind', 'rules[0].matcher.fields[0]']]);
        const report = await service.fail(id, text);
        expect([report.status, fieldsOf((report.body as Problem).details)]).toEqual([400, ['failure_reason']]);
      }
    });
  });

  test.each(['/task', '/batches', '/webhook-deliveries'])(
    'of page or page_size in %s is brought into its range',
    async (path) => {
      for (let i = 0; i < 3; i++) await running();
      const list = async (query: string) => {
        const { status, body } = await service.call<{ id?: string; batch_id: string }[]>('GET', `${path}?${query}`);
        expect(status).toBe(200);
        return body.map(({ id, batch_id }) => id ?? batch_id);
      };
      const first = await list('page_size=3');
      expect(first).toHaveLength(3);
      for (const size of ['4', '100000', '1e300', '99999999999999999999', 'Infinity'])
        expect(await list(`page_size=${size}`)).toEqual(first);
      for (const size of ['', '0', '-1', '-1e300', '0.9', 'many', '-Infinity'])
        expect(await list(`page_size=${size}`)).toEqual(first.slice(0, 2));
      for (const page of ['', '0', '-1', '-99999999999999999999', '0.9', 'first', '-Infinity'])
        expect(await list(`page=${page}&page_size=3`)).toEqual(first);
      for (const page of ['1e9', '9007199254740993', '99999999999999999999', '1e300', 'Infinity'])
        expect(await list(`page=${page}`)).toEqual([]);
    },
  );
});
