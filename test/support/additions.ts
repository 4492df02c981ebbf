import { untilRunning } from './graph';
import type { Receiver } from './receiver';
import { after, type Service, task } from './service';

/** Returns helpers for tests that add tasks to a batch. */
export function additionsOf(service: Service, receiver: Receiver) {
  const start = receiver.url('/start');
  const post = (batch: string, body: unknown) => service.call('POST', `/batch/${batch}/task`, body);
  return {
    post,
    before: (id: string, requires_success = true) => ({ before: [{ id, requires_success }] }),

    /** Adds tasks; returns their ids by their local ones. */
    add: async (batch: string, tasks: { id: string }[]): Promise<Record<string, string>> => {
      const { status, body } = await post(batch, tasks);
      expect([status, body]).toEqual([201, expect.any(Array)]);
      return Object.fromEntries(tasks.map(({ id }, i) => [id, (body as { id: string }[])[i].id]));
    },

    /** Creates a running task `split`, and `reduce`, which requires it. */
    running: async (rest: object = {}) => {
      const tasks = [task('split', start), task('reduce', start, after(['split']))];
      const ids = await service.create({ tasks, ...rest });
      await untilRunning(service, ids.split);
      return ids;
    },
  };
}
