import type { RetryOn } from '../../src/domain/retry';
import { MAX_INT } from './callers';
import { AT_ONCE, type History } from './history';
import type { PlannedTask } from './plan';
import type { DeliveryFound, EndedTask } from './watch';

const DEAD_END = 'All child tasks already terminated';
const REFUSED = 'on_start webhook failed: answered 500';
const GONE = 'on_start webhook failed: answered 410';

/** How a history ended. */
export interface Ending {
  /** In the order of the plan. */
  tasks: EndedTask[];
  deliveries: DeliveryFound[];
  /** How often each notification came, by its key. */
  notices: ReadonlyMap<string, number>;
}

/**
 * Yields a sentence for each violation of the contract at the end of a history. The checks hold in whatever order requests
 * took effect.
 */
export function* faultsOf(history: History, ending: Ending): Generator<string> {
  yield* history.faults;
  for (const [index, task] of ending.tasks.entries()) {
    const planned = history.plan.tasks[index];
    const starts = history.starts[index];
    const name = `task ${index} (${task.status} at attempt ${task.attempt}: ${task.failure_reason})`;
    if (!isJustified(history, ending, index)) yield `${name} ended without a cause`;
    if (!hadToFail(ending, planned) && !starts[task.attempt - 1] && task.status === 'Success')
      yield `${name} succeeded without a start`;
    if (hadToFail(ending, planned) && (task.status === 'Success' || starts.length > 0))
      yield `${name} outlived a parent that it required`;
    if (starts.some((times) => times > 1) || starts.length > task.attempt)
      yield `${name} was started ${starts.join(', ')} times`;
    yield* contradictions(history, index, task, name);
    yield* attemptFaults(history, index, task, name);
  }
  yield* deliveryFaults(history, ending);
}

/** Checks that ends are final: all callers were told of the same one, and only one caller brought it about. */
function* contradictions(history: History, index: number, task: EndedTask, name: string): Generator<string> {
  const won = history.won.filter((end) => end.task === index);
  const failures = history.failed.filter((failure) => failure.task === index && failure.attempt === task.attempt);
  if (won.length + failures.length > 1) yield `${name} was ended by ${won.length + failures.length} callers`;
  for (const { status, reason } of [...won, ...failures.map(({ reason }) => ({ status: 'Failure', reason }))])
    if (status !== task.status || reason !== task.failure_reason) yield `${name} was ended as ${status}: ${reason}`;
  for (const { status } of history.seen.filter((end) => end.task === index))
    if (status !== task.status) yield `${name} was seen as ${status}`;
}

/** Checks that each attempt before the last is on record, had a cause to fail, and has its own counters. */
function* attemptFaults(history: History, index: number, task: EndedTask, name: string): Generator<string> {
  const numbers = task.over.map(({ attempt }) => attempt);
  if (numbers.join() !== Array.from({ length: task.attempt - 1 }, (_, n) => n + 1).join())
    yield `${name} has the attempts ${numbers.join()} on record`;
  for (const over of task.over) {
    const failures = history.failed.filter(({ task: of, attempt }) => of === index && attempt === over.attempt);
    if (failures.length > 1 || failures.some(({ reason, forGood }) => forGood || reason !== over.failure_reason))
      yield `attempt ${over.attempt} at ${name} failed with ${over.failure_reason}, but was reported differently`;
    const way = wayOf(history, index, over);
    if (!way || !leavesAnother(history.plan.tasks[index], over.attempt, way))
      yield `attempt ${over.attempt} at ${name} should have been the last: ${over.failure_reason}`;
    if (!history.starts[index][over.attempt - 1]) yield `attempt ${over.attempt} at ${name} failed without a start`;
  }
  for (const counted of [...task.over, task]) {
    const { success, failures } = history.counted[index][counted.attempt - 1] ?? { success: 0, failures: 0 };
    if (counted.success !== Math.min(success, MAX_INT) || counted.failures !== Math.min(failures, MAX_INT))
      yield `attempt ${counted.attempt} at ${name} counted ${counted.success}/${counted.failures} of ${success}/${failures} that were acknowledged`;
  }
}

/** Returns how an attempt failed, as retry policies name it; `final` ends the task in any case, undefined is no explanation. */
function wayOf(
  { failed, silenced, starts, plan }: History,
  index: number,
  { attempt, failure_reason: reason }: Pick<EndedTask, 'attempt' | 'failure_reason'>,
): RetryOn | 'final' | undefined {
  const report = failed.find((one) => one.task === index && one.attempt === attempt && one.reason === reason);
  if (report) return report.forGood ? 'final' : 'failure';
  if (reason === 'Timeout' && silenced.has(index)) return 'timeout';
  const answer = starts[index][attempt - 1] ? plan.tasks[index].answers[attempt - 1] : undefined;
  if (reason === REFUSED && answer === 'refused') return 'start';
  if (reason === GONE && answer === 'gone') return 'final';
  return reason === AT_ONCE && answer === 'failed' ? 'failure' : undefined;
}

const leavesAnother = ({ retry }: PlannedTask, attempt: number, way: string): boolean =>
  retry !== undefined && attempt < retry.max_attempts && (retry.on as readonly string[]).includes(way);

/** Returns whether something happened that explains this end. */
function isJustified(history: History, { tasks }: Ending, index: number): boolean {
  const { plan, won, stops } = history;
  const { status, failure_reason: reason, attempt } = tasks[index];
  const planned = plan.tasks[index];
  const failed = planned.parents.filter((parent) => parent.required && tasks[parent.index].status !== 'Success');
  const isReported = won.some((end) => end.task === index && end.status === status && end.reason === reason);
  const way = wayOf(history, index, tasks[index]);
  switch (status) {
    case 'Failure':
      return way
        ? !leavesAnother(planned, attempt, way)
        : failed.some((parent) => reason === `Parent task ${tasks[parent.index].id} did not succeed`);
    case 'Canceled':
      return (
        isReported ||
        (reason === 'Batch stopped' && stops > 0) ||
        (reason === DEAD_END && plan.tasks.some((child) => child.parents.some((parent) => parent.index === index)))
      );
    default:
      return isReported;
  }
}

const hadToFail = ({ tasks }: Ending, { parents }: PlannedTask): boolean =>
  parents.some((parent) => parent.required && tasks[parent.index].status !== 'Success');

function* deliveryFaults(history: History, { tasks, deliveries, notices }: Ending): Generator<string> {
  const due = tasks.flatMap((task, index) => notificationsOf(history, index, task));
  due.push(...keysOf(`batch:${history.batch}:complete`, history.plan.onComplete));
  const starts = startsOf(history).map(({ key, isAccepted }) => `${isAccepted ? 'success' : 'failure'} ${key}`);
  const wanted = [...due.map((key) => `success ${key}`), ...starts];
  const found = deliveries.map(({ key, status }) => `${status} ${key}`);
  for (const delivery of wanted) if (!found.includes(delivery)) yield `missing delivery: ${delivery}`;
  for (const delivery of found) if (!wanted.includes(delivery)) yield `unexpected delivery: ${delivery}`;
  if (found.length !== new Set(found).size) yield `repeated deliveries: ${found.sort().join(', ')}`;
  for (const key of due) if (notices.get(key) !== 1) yield `the receiver got ${key} ${notices.get(key) ?? 0} times`;
}

/** Returns the start calls that receivers have got, and whether they answered with 2xx. */
export const startsOf = ({ ids, starts, plan }: History): { key: string; isAccepted: boolean }[] =>
  ids.flatMap((id, index) =>
    starts[index].map((_, n) => ({
      key: keyOf(id, n + 1, 'start'),
      isAccepted: ['accepted', 'failed'].includes(plan.tasks[index].answers[n]),
    })),
  );

/** Returns the keys of the notifications of an end, and of the attempts that were given up before. */
function notificationsOf({ plan, starts }: History, index: number, task: EndedTask): string[] {
  const { id, status, failure_reason, attempt, over } = task;
  const { onSuccess, onFailure, answers, cancelActions } = plan.tasks[index];
  const cancelOf = (of: number) =>
    answers[of - 1] === 'accepted' && starts[index][of - 1] ? keysOf(keyOf(id, of, 'cancel'), cancelActions) : [];
  const failures = keysOf(keyOf(id, attempt, 'end:failure'), onFailure);
  const givenUp = over.filter((one) => one.failure_reason === 'Timeout').flatMap((one) => cancelOf(one.attempt));
  switch (status) {
    case 'Success':
      return [...givenUp, ...keysOf(keyOf(id, attempt, 'end:success'), onSuccess)];
    case 'Failure':
      return [...givenUp, ...failures];
    default:
      // Histories never requeue a claim, so a started task was running until it ended.
      return [...givenUp, ...(failure_reason === DEAD_END ? failures : []), ...cancelOf(attempt)];
  }
}

const keyOf = (id: string, attempt: number, event: string): string =>
  `${id}${attempt > 1 ? `:attempt-${attempt}` : ''}:${event}`;

/** Returns the keys of the actions of an event. */
export const keysOf = (event: string, count: number): string[] =>
  Array.from({ length: count }, (_, position) => (position === 0 ? event : `${event}:${position}`));
