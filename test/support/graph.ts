import type { TaskStatus } from '../../src/domain/task-status';
import { eventually } from './poll';
import { type Service, type Task, task } from './service';

/** Returns the status of every task of a batch by its local name. */
export async function statesOf(service: Service, batch: string): Promise<Record<string, TaskStatus>> {
  const { body } = await service.call<{ tasks: Task[] }>('GET', `/dag/${batch}`);
  return Object.fromEntries(body.tasks.map(({ name, status }) => [name.replace(/^Task /, ''), status]));
}

// Enough for a graph of a thousand tasks on a busy machine.
const PATIENCE = { timeoutMs: 20_000 };

/** Waits until all of these tasks run. */
export async function untilRunning(service: Service, ...ids: string[]): Promise<void> {
  await eventually(async () => {
    const others = await service.query(
      `SELECT id, status, failure_reason FROM task WHERE id = ANY ($1::uuid[]) AND status <> 'Running' LIMIT 3`,
      [ids],
    );
    expect(others).toEqual([]);
  }, PATIENCE);
}

/** Creates a task, and waits until it runs. */
export async function runTask(
  service: Service,
  startUrl: string,
  rest: object = {},
): Promise<{ id: string; batch: string }> {
  const { a: id, batch } = await service.create([task('a', startUrl, rest)]);
  await untilRunning(service, id);
  return { id, batch };
}

/** Waits until no notification is left to send, so that receivers have everything. */
export async function allDelivered(service: Service): Promise<void> {
  await eventually(
    async () => expect(await service.query('SELECT key, last_error FROM outbox LIMIT 3')).toEqual([]),
    PATIENCE,
  );
}
