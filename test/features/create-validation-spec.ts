import { useService } from '../support/fixture';
import { fieldsOf, refusal, UUID, type Problem } from '../support/refusal';
import { after, task, webhook, type Task } from '../support/service';

const URL = 'http://receiver.test/start';
const MAX_INT = 2147483647;
const KIB_64 = 64 * 1024;
// One code point, two UTF-16 units.
const EMOJI = '😀';

describe('Validation of a creating request', () => {
  const service = useService({ WORKER_ENABLED: '0' });

  const faults = (body: unknown) => refusal(service, body);

  async function created(rest: object): Promise<Task> {
    const { body, status } = await service.call<Task[]>('POST', '/task', [{ ...task('a', URL), ...rest }]);
    expect([status, body]).toEqual([201, [expect.anything()]]);
    return service.task(body[0].id);
  }

  it('names the batch id even when the body is no JSON', async () => {
    for (const body of ['[{', '', '['.repeat(99) + ']'.repeat(99), '"\udfff"', '[1e999]']) {
      const answer = await fetch(`${service.url}/task`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect([answer.status, await answer.json()]).toEqual([
        400,
        expect.objectContaining({ batch_id: expect.stringMatching(UUID) as string }),
      ]);
    }
  });

  it('reports values that cannot be stored together with every other fault', async () => {
    const details = await faults([{ ...task('a', URL), name: 'x\u0000', timeout: 0 }, task('a', URL)]);
    expect(fieldsOf(details)).toEqual(['tasks[0].name', 'tasks[0].timeout', 'tasks[1].id']);
  });

  describe('accepts', () => {
    test.each<[what: string, sent: object, kept?: object]>([
      ['a name of 255 characters', { name: 'x'.repeat(255) }],
      ['a name of 255 emoji', { name: EMOJI.repeat(255) }],
      ['a kind of 100 characters', { kind: 'x'.repeat(100) }],
      ['a kind of 100 emoji', { kind: EMOJI.repeat(100) }],
      ['blanks around a name', { name: ' x ' }],
      ['a local name of any length', { id: 'x'.repeat(1000) }, {}],
      ['a blank local name', { id: ' ' }, {}],
      ['a timeout of 1 s', { timeout: 1 }],
      ['a timeout of a day', { timeout: 86400 }],
      ['the lowest priority', { priority: -1000 }],
      ['the highest priority', { priority: 1000 }],
      ['an expected count of 0', { expected_count: 0 }],
      ['the largest expected count', { expected_count: MAX_INT }],
      ['a barrier', { dead_end_barrier: true }],
      ['metadata of 64 KiB', { metadata: 'x'.repeat(KIB_64 - 2) }],
      ['unknown members', { colour: 'blue' }, {}],
      ['null for the timeout', { timeout: null }, { timeout: 60 }],
      ['null for the priority', { priority: null }, { priority: 0 }],
      ['null for the expected count', { expected_count: null }],
      ['null for the barrier', { dead_end_barrier: null }, { dead_end_barrier: false }],
      ['null for metadata', { metadata: null }],
      ['null for dependencies', { dependencies: null }, { status: 'Pending' }],
      ['null for rules and deduplication', { rules: null, dedupe_strategy: null }, { rules: [] }],
      ['no rules', { rules: [] }],
      ['null for notifications', { on_success: null, on_failure: null }, { actions: [expect.anything()] }],
      ['no dependencies', { dependencies: [] }, { status: 'Pending' }],
      [
        'null for headers and body of an action',
        { on_start: webhook(URL, { headers: null as never, body: null }) },
        { actions: [{ kind: 'Webhook', trigger: 'Start', params: { url: URL, verb: 'Post' } }] },
      ],
      ...[2, 1000].map((max_size): [string, object, object] => [
        `groups of at most ${max_size} calls`,
        { on_start: { ...webhook(URL), group: { max_size, colour: 'blue' } } },
        { actions: [{ ...webhook(URL), trigger: 'Start', group: { max_size } }] },
      ]),
    ])('%s', async (_, sent, kept = sent) => {
      expect(await created(sent)).toMatchObject(kept);
    });
  });

  describe('accepts as metadata and returns', () => {
    const values: unknown[] = [
      0,
      -1.5,
      1e21,
      true,
      false,
      '',
      'text',
      '"quoted" \\ and \t control \u0001',
      [],
      {},
      [1, [2, { three: [] }]],
      { nothing: null, '': 'empty', ' ': 1, 'a.b': 2, '\u{1f600}': EMOJI },
      { toString: 1, constructor: { prototype: 2 }, hasOwnProperty: null, valueOf: [], then: 'x', length: -1 },
    ];
    test.each(values.map((metadata) => ({ text: JSON.stringify(metadata), metadata })))(
      '$text',
      async ({ metadata }) => {
        expect((await created({ metadata })).metadata).toEqual(metadata);
      },
    );
  });

  describe('refuses', () => {
    const action = (rest: object) => ({ kind: 'Webhook', params: { url: URL, verb: 'Post', ...rest } });

    test.each<[field: string, what: string, sent: object]>([
      ['id', 'an empty one', { id: '' }],
      ['id', 'a number', { id: 5 }],
      ['id', 'null', { id: null }],
      ['id', 'none', { id: undefined }],
      ['name', 'an empty one', { name: '' }],
      ['name', 'a blank one', { name: ' \t\n\u00a0' }],
      ['name', '256 characters', { name: 'x'.repeat(256) }],
      ['name', '256 emoji', { name: EMOJI.repeat(256) }],
      ['name', 'a number', { name: 5 }],
      ['name', 'null', { name: null }],
      ['name', 'none', { name: undefined }],
      ['kind', 'a blank one', { kind: '  ' }],
      ['kind', '101 characters', { kind: 'x'.repeat(101) }],
      ['kind', '101 emoji', { kind: EMOJI.repeat(101) }],
      ['kind', 'an array', { kind: ['test'] }],
      ['kind', 'none', { kind: undefined }],
      ['timeout', '0', { timeout: 0 }],
      ['timeout', '86401', { timeout: 86401 }],
      ['timeout', 'a fraction', { timeout: 1.5 }],
      ['timeout', 'a text', { timeout: '60' }],
      ['timeout', 'a boolean', { timeout: true }],
      ['priority', '-1001', { priority: -1001 }],
      ['priority', '1001', { priority: 1001 }],
      ['priority', 'a fraction', { priority: 0.5 }],
      ['expected_count', '-1', { expected_count: -1 }],
      ['expected_count', 'more than the largest integer', { expected_count: MAX_INT + 1 }],
      ['expected_count', 'a fraction', { expected_count: 0.5 }],
      ['expected_count', 'a huge number', { expected_count: 1e300 }],
      ['dead_end_barrier', 'a text', { dead_end_barrier: 'yes' }],
      ['dead_end_barrier', 'a number', { dead_end_barrier: 1 }],
      ['metadata', '64 KiB and a byte', { metadata: 'x'.repeat(KIB_64 - 1) }],
      ['metadata', 'more than 64 KiB in fewer characters', { metadata: '€'.repeat(KIB_64 / 3) }],
      ['on_start', 'none', { on_start: undefined }],
      ['on_start.kind', 'another kind', { on_start: { ...action({}), kind: 'Email' } }],
      ['on_start.params', 'none', { on_start: { kind: 'Webhook' } }],
      ['on_start.group.max_size', 'no object around it', { on_start: { ...action({}), group: 100 } }],
      ['on_start.group.max_size', 'none', { on_start: { ...action({}), group: {} } }],
      ['on_start.group.max_size', '1', { on_start: { ...action({}), group: { max_size: 1 } } }],
      ['on_start.group.max_size', '1001', { on_start: { ...action({}), group: { max_size: 1001 } } }],
      ['on_start.group.max_size', 'a text', { on_start: { ...action({}), group: { max_size: '100' } } }],
      ['on_start.params.url', 'none', { on_start: action({ url: undefined }) }],
      ['on_start.params.url', 'a path', { on_start: action({ url: '/start' }) }],
      ['on_start.params.url', 'another protocol', { on_start: action({ url: 'ftp://receiver.test/' }) }],
      ['on_start.params.url', 'a script', { on_start: action({ url: 'javascript:alert(1)' }) }],
      ['on_start.params.url', 'a number', { on_start: action({ url: 5 }) }],
      ['on_start.params.verb', 'none', { on_start: action({ verb: undefined }) }],
      ['on_start.params.verb', 'another spelling', { on_start: action({ verb: 'POST' }) }],
      ['on_start.params.headers', 'an array', { on_start: action({ headers: ['a: b'] }) }],
      ['on_start.params.headers', 'a number as value', { on_start: action({ headers: { a: 1 } }) }],
      ['on_start.params.headers', 'a line break', { on_start: action({ headers: { a: 'b\r\nc: d' } }) }],
      ['on_start.params.headers', 'an invalid name', { on_start: action({ headers: { 'a b': 'c' } }) }],
      ['on_success', 'an action alone', { on_success: action({}) }],
      [
        'on_success[1].params.verb',
        'an invalid one among valid ones',
        { on_success: [action({}), action({ verb: 'Head' })] },
      ],
      ['on_failure', 'a text', { on_failure: URL }],
      ['on_failure[0].kind', 'an empty one', { on_failure: [{ params: { url: URL, verb: 'Get' } }] }],
      ['dependencies', 'an object', { dependencies: { id: 'a', requires_success: true } }],
      ['dependencies[0].id', 'a number', { dependencies: [{ id: 5, requires_success: true }] }],
      ['dependencies[0].requires_success', 'a text', { dependencies: [{ id: 'z', requires_success: 'no' }] }],
    ])('as %s: %s', async (field, _, sent) => {
      expect(fieldsOf(await faults([task('z', URL), { ...task('a', URL), ...sent }]))).toEqual([`tasks[1].${field}`]);
    });

    test.each<[what: string, body: unknown, fields: string[]]>([
      ['a number', 5, ['tasks']],
      ['a text', 'tasks', ['tasks']],
      ['true', true, ['tasks']],
      ['an object without tasks', {}, ['tasks']],
      ['null for tasks', { tasks: null }, ['tasks']],
      ['an object for tasks', { tasks: { 0: task('a', URL) } }, ['tasks']],
      ['a scope that is too long', { tasks: [], scope: 'x'.repeat(256) }, ['scope']],
      ['a scope that is a number', { tasks: [], scope: 1 }, ['scope']],
      ['too much batch metadata', { tasks: [], metadata: 'x'.repeat(KIB_64) }, ['metadata']],
      ['invalid completion actions', { tasks: [], on_batch_complete: 'x' }, ['on_batch_complete']],
      [
        'an invalid completion action',
        { tasks: [task('a', URL)], on_batch_complete: [webhook(URL), webhook('nowhere')] },
        ['on_batch_complete[1].params.url'],
      ],
    ])('%s', async (_, body, fields) => {
      expect(fieldsOf(await faults(body))).toEqual(fields);
    });

    test.each([[null], [5], ['a'], [[]], [[task('a', URL)]], [{}]])('%j as a task', async (item) => {
      const fields = fieldsOf(await faults([item, task('b', URL)]));
      expect(fields).not.toEqual([]);
      expect(fields.filter((field) => !field.startsWith('tasks[0]'))).toEqual([]);
    });

    test.each<[what: string, sent: object, field: string]>([
      ['U+0000 in a name', { name: 'a\0b' }, 'name'],
      ['half a surrogate pair in a name', { name: 'a\ud800' }, 'name'],
      ['U+0000 in a kind', { kind: '\0' }, 'kind'],
      ['U+0000 in a local name', { id: 'a\0' }, 'id'],
      ['U+0000 deep in metadata', { metadata: { a: [1, '\0'] } }, 'metadata.a[1]'],
      ['the other half of a pair in metadata', { metadata: '\udc00' }, 'metadata'],
      ["U+0000 in a member's name", { metadata: { '\0': 1 } }, 'metadata'],
      ['a member __proto__ in metadata', { metadata: JSON.parse('{"__proto__": {"x": 1}}') as object }, 'metadata'],
      ['U+0000 in an action', { on_start: webhook(URL, { body: ['\0'] }) }, 'on_start.params.body[0]'],
    ])('%s', async (_, sent, field) => {
      const tasks = [task('z', URL), { ...task('a', URL), ...sent }];
      const { status, body } = await service.call<Problem>('POST', '/task', tasks);
      expect([status, fieldsOf(body.details)]).toEqual([400, [`tasks[1].${field}`]]);
    });

    test('null as a request', async () => {
      const { status } = await service.call('POST', '/task', null);
      expect(status).toBe(400);
    });
  });

  describe('of the graph', () => {
    test('refuses a local name that is given twice', async () => {
      expect(fieldsOf(await faults([task('a', URL), task('b', URL), task('a', URL)]))).toEqual(['tasks[2].id']);
    });

    test.each<[what: string, tasks: object[], fault: string]>([
      ['an unknown task', [task('a', URL), task('b', URL, after(['a', 'x']))], 'tasks[1].dependencies[1].id'],
      ['a later task', [task('a', URL, after(['b'])), task('b', URL)], 'tasks[0].dependencies[0].id'],
      ['itself', [task('a', URL, after([], ['a']))], 'tasks[0].dependencies[0].id'],
      ['a task twice', [task('a', URL), task('b', URL, after(['a'], ['a']))], 'tasks[1].dependencies[1].id'],
      ['toString', [task('a', URL, after(['toString']))], 'tasks[0].dependencies[0].id'],
    ])('refuses a dependency on %s', async (_, tasks, fault) => {
      expect(fieldsOf(await faults(tasks))).toEqual([fault]);
    });

    test('accepts local names such as constructor and __proto__', async () => {
      const ids = ['constructor', '__proto__', 'toString'];
      const { status, body } = await service.call<Task[]>('POST', '/task', [
        ...ids.map((id) => task(id, URL)),
        task('last', URL, after(ids)),
      ]);
      expect([status, body.map((each) => each.status)]).toEqual([201, ['Pending', 'Pending', 'Pending', 'Waiting']]);
    });
  });

  test('names the field and its limits', async () => {
    const tasks = ['a', 'b', 'c'].map((id) => task(id, URL));
    expect(await faults([...tasks, task('d', URL, { timeout: 0 })])).toEqual([
      'tasks[3].timeout: must be between 1 and 86400',
    ]);
  });

  test('reports every fault of the fields at once', async () => {
    const details = await faults({
      tasks: [
        task('a', URL, { name: '', timeout: 0 }),
        task('b', URL),
        task('c', 'nowhere', { on_failure: [webhook(URL, { verb: 'Head' as never })], priority: 5000 }),
      ],
      scope: '',
    });
    expect(fieldsOf(details).sort()).toEqual([
      'scope',
      'tasks[0].name',
      'tasks[0].timeout',
      'tasks[2].on_failure[0].params.verb',
      'tasks[2].on_start.params.url',
      'tasks[2].priority',
    ]);
  });

  test('reports faults of the graph together with those of the fields', async () => {
    const details = await faults([
      task('a', URL, { timeout: 0 }),
      task('b', URL, after(['x', 'c'])),
      task('b', URL, { priority: 5000 }),
      task('c', URL),
    ]);
    expect(fieldsOf(details).sort()).toEqual([
      'tasks[0].timeout',
      'tasks[1].dependencies[0].id',
      'tasks[1].dependencies[1].id',
      'tasks[2].id',
      'tasks[2].priority',
    ]);
  });
});
