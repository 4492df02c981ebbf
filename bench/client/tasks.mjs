// The tasks of all workloads, as the service is asked for them.

/** What every webhook carries, about 150 bytes: the receiver tells tasks apart by `number`. */
export const payload = (number, event) => ({
  event,
  number,
  name: `Task ${number}`,
  metadata: { tenant: 'acme', region: 'eu-west-1' },
  note: 'x'.repeat(40),
});

const webhook = (url, number, event) => ({
  kind: 'Webhook',
  params: { url, verb: 'Post', body: payload(number, event) },
});

/** A task with a start call and a notification of success. `over` replaces or adds members. */
export const task = (receiver, number, over = {}) => ({
  id: `t${number}`,
  name: `Task ${number}`,
  kind: 'bench',
  timeout: 600,
  metadata: { tenant: 'acme', region: 'eu-west-1', number },
  on_start: webhook(`${receiver}/start`, number, 'start'),
  on_success: [webhook(`${receiver}/success`, number, 'success')],
  ...over,
});

/** A task that is started and then left alone until somebody reports it. */
export const heldTask = (receiver, number, over = {}) =>
  task(receiver, number, {
    timeout: 86_400,
    on_start: webhook(`${receiver}/hold`, number, 'start'),
    on_success: [],
    ...over,
  });

/** A held task that may be started again. */
export const rerunTask = (receiver, number) =>
  heldTask(receiver, number, { on_start: webhook(`${receiver}/again`, number, 'start') });

export const needs = (...numbers) => ({
  dependencies: numbers.map((number) => ({ id: `t${number}`, requires_success: true })),
});

const KEYS = 20;
const LIMIT = 50;
const GROUP = { max_size: 100 };

/** What makes the tasks of a workload differ from plain ones, by name. */
export const variants = {
  plain: () => ({}),
  concurrency: (number) => ({
    kind: 'limited',
    metadata: { key: number % KEYS, number },
    rules: [
      {
        type: 'Concurrency',
        max_concurrency: LIMIT,
        matcher: { kind: 'limited', status: 'Running', fields: ['key'] },
      },
    ],
  }),
  // One unit of work a task: the same limit in the other currency.
  capacity: (number) => ({
    kind: 'weighed',
    metadata: { key: number % KEYS, number },
    expected_count: 1,
    rules: [
      { type: 'Capacity', max_capacity: LIMIT, matcher: { kind: 'weighed', status: 'Running', fields: ['key'] } },
    ],
  }),
  refused: (number, receiver) =>
    number % 10 === 0
      ? { on_start: webhook(`${receiver}/refuse`, number, 'start'), retry: { max_attempts: 2, delay_secs: 0 } }
      : {},
  grouped: (number, receiver) => ({
    on_start: { ...webhook(`${receiver}/start`, number, 'start'), group: GROUP },
    on_success: [{ ...webhook(`${receiver}/success`, number, 'success'), group: GROUP }],
  }),
  dedupe: () => ({
    kind: 'unique',
    dedupe_strategy: [{ kind: 'unique', status: 'Pending', fields: ['number'] }],
  }),
};

/** The numbers from `from`, so many of them. */
export const numbers = (from, count) => Array.from({ length: count }, (_, i) => from + i);

/** The list in pieces of at most `size`. */
export const pieces = (list, size) =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
