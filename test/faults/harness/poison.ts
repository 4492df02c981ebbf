import { randomUUID } from 'node:crypto';
import { webhook } from '../../support/service';
import type { WorkPlan } from './outside';
import type { Stage } from './stage';

/** Nonsense in definitions, which only direct SQL can have written. */
export const DEFINITIONS: Record<string, Record<string, unknown>> = {
  'no start': { on_start: null },
  'a text as start': { on_start: 'nonsense' },
  'a start without parameters': { on_start: { kind: 'Webhook' } },
  'a start that leads nowhere': { on_start: webhook('http://') },
  'rules that are a text': { rules: 'nonsense' },
  'a rule that is a number': { rules: [7] },
  'a rule without matcher': { rules: [{ type: 'Concurrency', max_concurrency: 1 }] },
  'a rule of an unknown type': {
    rules: [{ type: 'Magic', matcher: { kind: 'limited-Concurrency', status: 'Running' } }],
  },
  'notifications that are an object': { on_success: { not: 'a list' } },
  'a notification that is nothing': { on_success: [null] },
  'a notification that leads nowhere': { on_success: [webhook('http://')] },
};

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

/** Instructions to the receiver for those that can be called. */
const plan: WorkPlan = { work: 10, counts: 0, late: false, end: 'Success', rival: false, cancelAction: false };

/** Inserts rows that no request can write among all others, and returns how to remove them. */
export async function poison(stage: Stage): Promise<{ count: number; remove: () => Promise<string> }> {
  const batch = randomUUID();
  const names = new Map<string, string>();
  await stage.query('INSERT INTO batch (id) VALUES ($1)', [batch]);
  const refused: string[] = [];
  for (const [name, content] of Object.entries(DEFINITIONS)) {
    const id = randomUUID();
    const { on_start = webhook(stage.outside.url('/start'), { body: plan }), rules, on_success } = content;
    const kind = 'limited-Concurrency';
    try {
      await stage.query(
        `WITH definition AS (
           INSERT INTO task_definition (id, batch_id, name, metadata, rules, on_start, on_success)
           VALUES ($1, $2, $3, '{"group": 1}', $5, $6, $7)
         )
         INSERT INTO task (id, batch_id, status, priority, timeout_secs, kind) VALUES ($1, $2, 'Pending', 1000, 60, $4)`,
        [id, batch, name, kind, json(rules), json(on_start), json(on_success)],
      );
      names.set(id, name);
    } catch {
      refused.push(name);
    }
  }
  // A task without a definition, and a notification of a missing task.
  await stage.query(
    `INSERT INTO task (id, batch_id, status, priority, timeout_secs, kind) VALUES ($1, $2, 'Pending', 1000, 60, 'x')`,
    [randomUUID(), batch],
  );
  await stage.query(
    `INSERT INTO outbox (key, id, task_id, batch_id, notice, position, awaiting_start, next_attempt_at, url, host)
     VALUES ('poison', $1, $2, $3, 'end:success', 0, false, now(), '::', '')`,
    [randomUUID(), randomUUID(), batch],
  );
  const remove = async () => {
    const rows = await stage.query<{ id: string; status: string }>('SELECT id, status FROM task WHERE batch_id = $1', [
      batch,
    ]);
    for (const table of ['outbox', 'delivery', 'task', 'task_definition', 'batch_completion'])
      await stage.query(`DELETE FROM ${table} WHERE batch_id = $1`, [batch]);
    await stage.query('DELETE FROM batch WHERE id = $1', [batch]);
    const states = rows.map(({ id, status }) => `${names.get(id) ?? 'no definition'}: ${status}`);
    return [...states, ...refused.map((name) => `${name}: refused by the table`)].join('; ');
  };
  return { count: Object.keys(DEFINITIONS).length + 2, remove };
}
