import { MAX_INT } from './callers';
import type { History } from './history';
import type { PlannedTask } from './plan';
import type { DeliveryFound, EndedTask } from './watch';

const DEAD_END = 'All child tasks already terminated';

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
    const name = `task ${index} (${task.status}: ${task.failure_reason})`;
    if (!isJustified(history, ending, index)) yield `${name} ended without a cause`;
    if (!hadToFail(ending, planned) && history.starts[index] === 0 && task.status === 'Success')
      yield `${name} succeeded without a start`;
    if (hadToFail(ending, planned) && (task.status === 'Success' || history.starts[index] > 0))
      yield `${name} outlived a parent that it required`;
    if (history.starts[index] > 1) yield `${name} was started ${history.starts[index]} times`;
    yield* contradictions(history, index, task, name);
    const { success, failures } = history.counted[index];
    if (task.success !== Math.min(success, MAX_INT) || task.failures !== Math.min(failures, MAX_INT))
      yield `${name} counted ${task.success}/${task.failures} of ${success}/${failures} that were acknowledged`;
  }
  yield* deliveryFaults(history, ending);
}

/** Checks that ends are final: all callers were told of the same one, and only one caller brought it about. */
function* contradictions(history: History, index: number, task: EndedTask, name: string): Generator<string> {
  const won = history.won.filter((end) => end.task === index);
  if (won.length > 1) yield `${name} was ended by ${won.length} callers`;
  for (const { status, reason } of won)
    if (status !== task.status || reason !== task.failure_reason) yield `${name} was ended as ${status}: ${reason}`;
  for (const { status } of history.seen.filter((end) => end.task === index))
    if (status !== task.status) yield `${name} was seen as ${status}`;
}

/** Returns whether something happened that explains this end. */
function isJustified({ plan, won, silenced, stops, starts }: History, { tasks }: Ending, index: number): boolean {
  const { status, failure_reason: reason } = tasks[index];
  const { parents, accepted } = plan.tasks[index];
  const failed = parents.filter((parent) => parent.required && tasks[parent.index].status !== 'Success');
  const isReported = won.some((end) => end.task === index && end.status === status && end.reason === reason);
  switch (status) {
    case 'Failure':
      return (
        isReported ||
        (reason === 'Timeout' && silenced.has(index)) ||
        (reason === 'on_start webhook failed: answered 500' && !accepted && starts[index] > 0) ||
        failed.some((parent) => reason === `Parent task ${tasks[parent.index].id} did not succeed`)
      );
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
  const due = tasks.flatMap((task, index) =>
    notificationsOf(history.plan.tasks[index], task, history.starts[index] > 0),
  );
  due.push(...keysOf(`batch:${history.batch}:complete`, history.plan.onComplete));
  const starts = tasks.flatMap(({ id }, index) =>
    history.starts[index] > 0 ? [`${history.plan.tasks[index].accepted ? 'success' : 'failure'} ${id}:start`] : [],
  );
  const wanted = [...due.map((key) => `success ${key}`), ...starts];
  const found = deliveries.map(({ key, status }) => `${status} ${key}`);
  for (const delivery of wanted) if (!found.includes(delivery)) yield `missing delivery: ${delivery}`;
  for (const delivery of found) if (!wanted.includes(delivery)) yield `unexpected delivery: ${delivery}`;
  if (found.length !== new Set(found).size) yield `repeated deliveries: ${found.sort().join(', ')}`;
  for (const key of due) if (notices.get(key) !== 1) yield `the receiver got ${key} ${notices.get(key) ?? 0} times`;
}

/** Returns the keys of the notifications of an end. */
function notificationsOf(planned: PlannedTask, { id, status, failure_reason }: EndedTask, started: boolean): string[] {
  switch (status) {
    case 'Success':
      return keysOf(`${id}:end:success`, planned.onSuccess);
    case 'Failure':
      return keysOf(`${id}:end:failure`, planned.onFailure);
    default:
      return [
        ...(failure_reason === DEAD_END ? keysOf(`${id}:end:failure`, planned.onFailure) : []),
        // Histories never requeue a claim, so a started task was running until it ended.
        ...(started && planned.accepted ? keysOf(`${id}:cancel`, planned.cancelActions) : []),
      ];
  }
}

const keysOf = (event: string, count: number): string[] =>
  Array.from({ length: count }, (_, position) => (position === 0 ? event : `${event}:${position}`));
