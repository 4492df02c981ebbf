import { randomUUID } from 'node:crypto';
import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { concurrency } from '../support/rules';
import { task, webhook } from '../support/service';

const RULE = concurrency('ruled', 1000, ['group']);

describe('A row that no request can have written', () => {
  const receiver = useReceiver();
  const service = useService();
  beforeAll(async () => {
    await service.create([ruled('first')]); // From now on the kind has rules.
  });

  const ruled = (id: string) =>
    task(id, receiver.url('/start'), { kind: 'ruled', metadata: { group: 1 }, rules: [RULE] });
  const insert = async (content: Record<string, unknown>): Promise<string> => {
    const [id, batch] = [randomUUID(), randomUUID()];
    const { on_start = webhook(receiver.url('/start')), rules, on_success } = content;
    const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
    await service.query(
      `WITH batch AS (INSERT INTO batch (id) VALUES ($2)), definition AS (
         INSERT INTO task_definition (id, batch_id, name, metadata, on_start, rules, on_success)
         VALUES ($1, $2, 'poison', '{"group": 1}', $3, $4, $5)
       )
       INSERT INTO task (id, batch_id, status, priority, timeout_secs, kind) VALUES ($1, $2, 'Pending', 1000, 60, 'ruled')`,
      [id, batch, json(on_start), json(rules), json(on_success)],
    );
    return id;
  };
  // The API cannot show each of these rows.
  const is = (id: string, status: string, failure_reason: string | null = null) =>
    eventually(async () =>
      expect(await service.query('SELECT status, failure_reason FROM task WHERE id = $1', [id])).toEqual([
        { status, failure_reason },
      ]),
    );
  /** Expects that later tasks start. */
  const othersStart = async () => {
    const { plain, other } = await service.create([task('plain', receiver.url('/start')), ruled('other')]);
    await is(plain, 'Running');
    await is(other, 'Running');
  };

  it.each([
    ['nothing', null],
    ['a text', 'nonsense'],
    ['an action without parameters', { kind: 'Webhook' }],
    ['an invalid URL', webhook('http://')],
    ['a group without parameters', { kind: 'Webhook', group: { max_size: 5 } }],
    ['a group without a size', { ...webhook('http://'), group: 7 }],
  ])('fails a task whose on_start is %s, and no other', async (_, on_start) => {
    const id = await insert({ on_start });
    await othersStart();
    await is(id, 'Failure', 'on_start webhook failed: params are invalid');
  });

  it.each([
    ['a number', [7]],
    ['nothing', [null]],
    ['without a matcher', [{ type: 'Concurrency', max_concurrency: 1 }]],
    ['without fields', [{ ...RULE, matcher: { kind: 'ruled', status: 'Running' } }]],
    ['about an unknown status', [{ ...RULE, matcher: { ...RULE.matcher, status: 'Asleep' } }]],
    ['without a limit', [{ type: 'Magic', matcher: RULE.matcher }]],
  ])('keeps a task pending whose rule is %s, and no other', async (_, rules) => {
    const id = await insert({ rules });
    await othersStart();
    await is(id, 'Pending');
  });

  it.each([
    ['nothing', null],
    ['an action without parameters', { kind: 'Webhook' }],
    ['an invalid URL', webhook('http://')],
    ['a URL of another protocol', webhook('ftp://worker.example/')],
    ['an invalid header', webhook('http://worker.example/', { headers: { 'x-a': 'b\r\nc: d' } })],
    ['an invalid verb', webhook('http://worker.example/', { verb: 'Fetch it' as never })],
  ])('lets a task end whose notification is %s, which is exhausted at once', async (_, action) => {
    const id = await insert({ on_success: [action] });
    await is(id, 'Running');
    expect((await service.succeed(id)).status).toBe(200);
    await eventually(async () =>
      expect(
        await service.query('SELECT status, attempts FROM delivery WHERE key = $1', [`${id}:end:success`]),
      ).toEqual([{ status: 'exhausted', attempts: 1 }]),
    );
    await othersStart();
  });

  it.each([
    ['rules', { rules: 'nonsense' }],
    ['notifications', { on_success: { not: 'a list' } }],
  ])('is refused by the table if its %s are not a list', async (_, content) => {
    await expect(insert(content)).rejects.toThrow(/violates check constraint/);
  });
});
