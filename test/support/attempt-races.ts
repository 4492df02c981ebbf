import type { TaskStatus } from '../../src/domain/task-status';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { failure } from './attempts';
import { ASLEEP } from './fixture';
import { eventually } from './poll';
import type { Call, Receiver } from './receiver';
import { useReplicas } from './replicas';
import { age } from './rows';
import { type Answer, idsOf, provider, ServiceClient, task } from './service';

const TOKEN = 'token-of-the-races-of-attempts';
const SILENCE_SECS = 50;

/** A task, and the attempts at it that are over. */
export interface TaskFound {
  id: string;
  status: TaskStatus;
  attempt: number;
  delayed: boolean;
  /** Oldest first. */
  over: { attempt: number; failure_reason: string; success: number }[];
}

const TASKS = `
  SELECT t.id, t.status, t.attempt, t.delayed,
         COALESCE((SELECT json_agg(json_build_object(
           'attempt', a.attempt, 'failure_reason', a.failure_reason, 'success', a.success) ORDER BY a.attempt)
          FROM task_attempt a WHERE a.task_id = t.id), '[]') AS over
  FROM task t WHERE t.id = ANY ($1::uuid[])`;

/** Two replicas with tokens in their handles, of which only wake-ups make loops run, and helpers for races between them. */
export function useAttemptRaces(receiver: Receiver) {
  const services = useReplicas({ ...ASLEEP, AUTH_TOKEN: TOKEN, WORKER_CLAIM_TIMEOUT_SECS: '10' });
  for (const service of services) service.token = TOKEN;
  let paths = 0;

  const startsOf = (id: string): Call[] =>
    receiver.received(({ headers }) => headers['x-task-id'] === id && headers['x-task-trigger'] === 'start');
  const handleOf = (id: string, attempt: number): URL => {
    const call = startsOf(id).find(({ headers }) => headers['x-task-attempt'] === String(attempt));
    return new URL(call!.query.get('handle')!);
  };
  const found = async (ids: string[]): Promise<TaskFound[]> => {
    const rows = await services[0].query<TaskFound>(TASKS, [ids]);
    return ids.map((id) => rows.find((row) => row.id === id)!);
  };

  return {
    services,
    startsOf,
    handleOf,
    found,
    newPath: () => `/race-${++paths}`,
    keysTo: (path: string) => receiver.received(path).map(({ headers }) => String(headers['idempotency-key'])),

    /** Creates tasks of one batch that start at a path, and returns their ids. */
    create: async (count: number, path: string, rest: object): Promise<string[]> =>
      idsOf(
        await services[0].create(Array.from({ length: count }, (_, i) => task(String(i), receiver.url(path), rest))),
      ),

    /** Reports to a handle as its receiver does, without the token of the service. */
    report: (id: string, attempt: number, body: object, replica = 0, method = 'PATCH'): Promise<Answer> => {
      const { pathname, search } = handleOf(id, attempt);
      return new ServiceClient(services[replica % 2].url).call(method, pathname + search, body);
    },

    /** Waits until all of these tasks are in this state. */
    until: (ids: string[], state: Partial<TaskFound>): Promise<void> =>
      eventually(
        async () => expect(await found(ids)).toEqual(ids.map(() => expect.objectContaining(state) as TaskFound)),
        { timeoutMs: 20_000 },
      ),

    /** Makes running tasks silent for longer than `timeout` allows. */
    silence: (ids: string[]): Promise<void> => age(services[0], ids, SILENCE_SECS + 1),

    /** Runs the loop that fails silent tasks on both replicas at once. */
    runTimeouts: (): Promise<number[]> => Promise.all(services.map((each) => provider(each, TimeoutLoop).runOnce())),

    /** Asserts that each attempt at these tasks was started once. */
    expectStartedOnce: async (ids: string[]): Promise<void> => {
      const tasks = await found(ids);
      expect(tasks.map(({ id }) => startsOf(id).map(({ headers }) => headers['idempotency-key']))).toEqual(
        tasks.map(({ id, attempt }) =>
          Array.from({ length: attempt }, (_, n) => (n === 0 ? `${id}:start` : `${id}:attempt-${n + 1}:start`)),
        ),
      );
    },
  };
}

/** Fields of a task that can time out, and has another attempt without a pause. */
export const SILENT = { timeout: SILENCE_SECS, retry: { max_attempts: 2, delay_secs: 0 } };

/** Returns whether an answer says that the attempt is over and which one is the current one. */
export const isStale = ({ status, body }: Answer, currentAttempt: number): boolean =>
  status === 409 && (body as { current_attempt: number }).current_attempt === currentAttempt;

/** A script of a receiver: it fails every attempt at once up to this one, and accepts the next. */
export const failsUpTo =
  (attempt: number) =>
  ({ headers }: Call) =>
    Number(headers['x-task-attempt']) <= attempt ? { body: failure() } : {};
