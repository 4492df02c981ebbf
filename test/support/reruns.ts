import type { Receiver } from './receiver';
import { untilRunning } from './graph';
import { after, type Service, task } from './service';

/** Returns helpers for tests of reruns. */
export function rerunsOf(service: Service, receiver: Receiver) {
  const start = receiver.url('/start');
  const report = (id: string, attempt: number, body: object) =>
    service.call('PATCH', `/task/${id}?attempt=${attempt}`, body);
  /** Returns status and attempt of a task, e.g. `Running 2`. */
  const statusOf = async (id: string) => {
    const { status, attempt } = await service.task(id);
    return `${status} ${attempt as number}`;
  };
  return {
    report,
    statusOf,
    statusesOf: (...ids: string[]) => Promise.all(ids.map(statusOf)),
    succeed: (id: string, attempt: number) => report(id, attempt, { status: 'Success' }),
    rerunBatch: (batch: string, body?: unknown) => service.call('POST', `/batch/${batch}/rerun`, body),
    rerunTask: (id: string, body?: object) => service.call('POST', `/task/${id}/rerun`, body),
    keysTo: (path: string) => receiver.received(path).map(({ headers }) => headers['idempotency-key']),

    /** Creates a diamond: its root has succeeded, its left side has failed with the end below it, its right side runs. */
    diamond: async (rest: object = {}) => {
      const ids = await service.create({
        tasks: [
          task('root', start),
          task('left', start, after(['root'])),
          task('right', start, after(['root'])),
          task('end', start, after(['left', 'right'])),
        ],
        ...rest,
      });
      await untilRunning(service, ids.root);
      await service.succeed(ids.root);
      await untilRunning(service, ids.left, ids.right);
      await service.fail(ids.left);
      return ids;
    },
  };
}
