import type { Receiver } from './receiver';
import { eventually } from './poll';
import { type Answer, type Service, type Task, task } from './service';

/** A retry policy whose attempts follow each other without a pause. */
export const AT_ONCE = { delay_secs: 0 };

export const failure = (failure_reason = 'Broken', rest: object = {}) => ({
  status: 'Failure',
  failure_reason,
  ...rest,
});

/** Helps with the attempts at tasks: each test uses URLs of its own. */
export function attemptsOf(service: Service, receiver: Receiver) {
  let paths = 0;
  const pathOf = (url: string) => new URL(url).pathname;
  const callsTo = (url: string) => receiver.received(pathOf(url));
  const handleOf = (url: string, call: number) => new URL(callsTo(url)[call].query.get('handle')!);
  return {
    newUrl: () => receiver.url(`/${++paths}`),
    pathOf,
    callsTo,
    handleOf,
    untilCalled: (url: string, times: number) => receiver.waitFor(times, pathOf(url)),
    keysTo: (url: string) => callsTo(url).map(({ headers }) => headers['idempotency-key']),

    /** Reports to the handle that a start call carried. */
    reportTo: (url: string, call: number, report: object, method = 'PATCH'): Promise<Answer> => {
      const { pathname, search } = handleOf(url, call);
      return service.call(method, pathname + search, report);
    },

    create: async (url: string, retry: object, rest: object = {}): Promise<string> =>
      (await service.create([task('a', url, { retry, ...rest })])).a,

    list: async (id: string) => (await service.call<Record<string, unknown>[]>('GET', `/task/${id}/attempts`)).body,

    /** Returns the seconds from the last change to the next attempt. */
    pauseOf: async (id: string): Promise<number> => {
      const [{ pause }] = await service.query<{ pause: number }>(
        'SELECT extract(epoch FROM run_at - last_updated)::float8 AS pause FROM task WHERE id = $1',
        [id],
      );
      return pause;
    },

    untilStatus: (id: string, fields: Partial<Task>) =>
      eventually(async () => expect(await service.task(id)).toMatchObject(fields)),

    runNow: async (id: string): Promise<void> => {
      expect((await service.call('PATCH', `/task/${id}`, { run_at: null })).status).toBe(200);
    },

    whyOf: async (id: string) => (await service.call<{ summary: string }>('GET', `/task/${id}/why`)).body.summary,
  };
}
