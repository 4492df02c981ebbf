import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import type { RuleKeyRow } from '../../src/rules/sql/keys';
import { otherUsage } from '../../src/rules/sql/usage';
import { useReceiver, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { concurrency } from '../support/rules';
import { provider, task } from '../support/service';

const KIND = 'pending';
const WAITING = 1000;
/** Ended tasks, and pending ones of other kinds. */
const OTHERS = 10_000;

interface Explained {
  'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }];
}

describe('Rules that count tasks in another status than Running', () => {
  const receiver = useReceiver();
  const service = useService({ WORKER_LOOP_INTERVAL_MS: '60000' });

  const url = () => receiver.url('/start');
  const becomes = (id: string, status: string) =>
    eventually(async () => expect((await service.task(id)).status).toBe(status));
  const held = async (kind: string, values: unknown[]) => {
    const rules = [concurrency(kind)];
    const { first } = await service.create([task('first', url(), { kind })]);
    await becomes(first, 'Running');
    const { batch } = await service.create(
      values.map((p, i) => task(`t${i}`, url(), { kind, metadata: { p }, rules })),
    );
    await eventually(async () =>
      expect(await service.query('SELECT FROM task WHERE batch_id = $1 AND blocked_by IS NULL', [batch])).toEqual([]),
    );
  };

  it('match equal values only, not values that contain them', async () => {
    await held('exact', [[1, 2], { a: 1, b: 2 }, '1', null]);
    const rules = [concurrency('exact', 1, ['p'], 'Pending')];
    const make = (id: string, p: unknown) => task(id, url(), { kind: 'rest', metadata: { p, q: 1 }, rules });
    const { array, object, number, same, none } = await service.create([
      make('array', [1]),
      make('object', { a: 1 }),
      make('number', 1),
      make('same', { b: 2, a: 1 }),
      make('none', null),
    ]);
    for (const id of [array, object, number]) await becomes(id, 'Running');
    expect(
      await service.query('SELECT id FROM task WHERE blocked_by IS NOT NULL AND id = ANY ($1)', [[same, none]]),
    ).toHaveLength(2);
  });

  it('without fields, count all tasks of the kind up to the limit', async () => {
    await held('any', [1, 'x', null]);
    const rule = (max: number) => [concurrency('any', max, [], 'Pending')];
    const { three, four } = await service.create([
      task('three', url(), { rules: rule(3) }),
      task('four', url(), { rules: rule(4) }),
    ]);
    await becomes(four, 'Running');
    expect(await service.task(three)).toMatchObject({ status: 'Pending' });
    const { body } = await service.call('GET', `/task/${three}/why`);
    expect(JSON.stringify(body)).toContain('Concurrency limit reached: at least 3 of 3 pending');
  });

  describe('read', () => {
    beforeAll(async () => {
      await service.query(
        `WITH batch AS (
           INSERT INTO batch (id) VALUES (gen_random_uuid()) RETURNING id
         ), task AS (
           INSERT INTO task (id, batch_id, status, timeout_secs, kind, blocked_by, ended_at)
           SELECT gen_random_uuid(), batch.id, (CASE WHEN i % 2 = 0 THEN 'Pending' ELSE 'Success' END)::task_status, 60,
                  CASE WHEN i <= 2 * $1::int AND i % 2 = 0 THEN $3 ELSE 'others' END, 1,
                  CASE WHEN i % 2 = 1 THEN now() END
           FROM batch, generate_series(1, 2 * $2::int) AS i RETURNING id, batch_id
         )
         INSERT INTO task_definition (id, batch_id, name, on_start, metadata)
         SELECT id, batch_id, 'Task', '{"kind": "Webhook", "params": {"url": "http://localhost/"}}',
                (SELECT jsonb_object_agg('f' || n, 1) FROM generate_series(0, 31) AS n) FROM task`,
        [WAITING, OTHERS, KIND],
      );
      await service.query('ANALYZE');
    });
    afterAll(() => service.query('DELETE FROM task WHERE blocked_by = 1'));

    const keys = (max: number, fields: (i: number) => Record<string, unknown>): RuleKeyRow[] =>
      Array.from({ length: 32 }, (_, i) => ({
        id: String(i + 1),
        type: 'Concurrency',
        max,
        kind: KIND,
        status: 'Pending',
        names: Object.keys(fields(i)),
        fields: fields(i),
      }));
    /** Returns what a decision with these keys counts, and the blocks that it touches. */
    const decide = (rows: readonly RuleKeyRow[]) =>
      provider(service, Database).transaction(async (tx) => {
        const json = JSON.stringify(rows);
        const counted = (await tx.run(otherUsage, json)).map(({ tasks }) => tasks);
        const explain = statement<[string], Explained>(
          'explain-usage',
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${otherUsage.text}`,
        );
        const [row] = await tx.run(explain, json);
        const plan = row['QUERY PLAN'][0].Plan;
        return { counted: [...new Set(counted)], blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] };
      });

    it('no more tasks than the limit if that many match', async () => {
      for (const fields of [() => ({}), (i: number) => ({ [`f${i}`]: 1 })]) {
        const { counted, blocks } = await decide(keys(5, fields));
        expect(counted).toEqual([5]);
        expect(blocks).toBeLessThan(400);
      }
    });

    it('the tasks of the kind and status once for all keys if few match', async () => {
      const { counted, blocks } = await decide(keys(5, (i) => ({ [`f${i}`]: 2 })));
      expect(counted).toEqual([0]);
      expect(blocks).toBeLessThan(10 * WAITING);
    });
  });
});
