import type { TaskStatus } from '../../src/domain/task-status';
import { eventually } from './poll';
import type { Service, Task } from './service';

/** The status of every task of a batch, by the local names that `task()` gave them. */
export async function statesOf(service: Service, batch: string): Promise<Record<string, TaskStatus>> {
  const { body } = await service.call<{ tasks: Task[] }>('GET', `/dag/${batch}`);
  return Object.fromEntries(body.tasks.map(({ name, status }) => [name.replace(/^Task /, ''), status]));
}

// A graph of a thousand tasks on a machine that is busy with other tests.
const PATIENCE = { timeoutMs: 20_000 };

/** Resolves when all of these tasks run. */
export async function untilRunning(service: Service, ...ids: string[]): Promise<void> {
  await eventually(async () => {
    const others = await service.query(
      `SELECT id, status, failure_reason FROM task WHERE id = ANY ($1::uuid[]) AND status <> 'Running'`,
      [ids],
    );
    expect(others).toEqual([]);
  }, PATIENCE);
}

/** Resolves when no notification is left to be sent: what a receiver has got by then is all that it will get. */
export async function allDelivered(service: Service): Promise<void> {
  await eventually(async () => expect(await service.query('SELECT key, last_error FROM outbox')).toEqual([]), PATIENCE);
}
