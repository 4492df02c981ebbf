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
 * Everything about the end of a history that does not follow from the contract: one sentence each. Whatever order the
 * callers' requests took effect in, all of this must hold.
 */
export function* faultsOf(history: History, ending: Ending): Generator<string> {
  yield* history.faults;
  for (const [index, task] of ending.tasks.entries()) {
    const planned = history.plan.tasks[index];
    const name = `task ${index} (${task.status}: ${task.failure_reason})`;
    if (!isJustified(history, ending, index)) yield `${name} had no cause to end so`;
    if (!hadToFall(ending, planned) && history.starts[index] === 0 && task.status === 'Success')
      yield `${name} succeeded without a start`;
    if (hadToFall(ending, planned) && (task.status === 'Success' || history.starts[index] > 0))
      yield `${name} outlived a parent that it required`;
    if (history.starts[index] > 1) yield `${name} was started ${history.starts[index]} times`;
    yield* toldOtherwise(history, index, task, name);
    const { success, failures } = history.counted[index];
    if (task.success !== Math.min(success, MAX_INT) || task.failures !== Math.min(failures, MAX_INT))
      yield `${name} counted ${task.success}/${task.failures} of ${success}/${failures} that were acknowledged`;
  }
  yield* deliveredOtherwise(history, ending);
}

/** Ends are final: what anyone was told of one is what it still is, and only one caller can have brought it about. */
function* toldOtherwise(history: History, index: number, task: EndedTask, name: string): Generator<string> {
  const won = history.won.filter((end) => end.task === index);
  if (won.length > 1) yield `${name} was ended by ${won.length} callers`;
  for (const { status, reason } of won)
    if (status !== task.status || reason !== task.failure_reason) yield `${name} was ended as ${status}: ${reason}`;
  for (const { status } of history.seen.filter((end) => end.task === index))
    if (status !== task.status) yield `${name} was seen as ${status}`;
}

/** Whether something happened from which this end follows. */
function isJustified({ plan, won, silenced, stops, starts }: History, { tasks }: Ending, index: number): boolean {
  const { status, failure_reason: reason } = tasks[index];
  const { parents, accepted } = plan.tasks[index];
  const lost = parents.filter((parent) => parent.required && tasks[parent.index].status !== 'Success');
  const isReported = won.some((end) => end.task === index && end.status === status && end.reason === reason);
  switch (status) {
    case 'Failure':
      return (
        isReported ||
        (reason === 'Timeout' && silenced.has(index)) ||
        (reason === 'on_start webhook failed: answered 500' && !accepted && starts[index] > 0) ||
        lost.some((parent) => reason === `Parent task ${tasks[parent.index].id} did not succeed`)
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

const hadToFall = ({ tasks }: Ending, { parents }: PlannedTask): boolean =>
  parents.some((parent) => parent.required && tasks[parent.index].status !== 'Success');

function* deliveredOtherwise(history: History, { tasks, deliveries, notices }: Ending): Generator<string> {
  const due = tasks.flatMap((task, index) =>
    notificationsOf(history.plan.tasks[index], task, history.starts[index] > 0),
  );
  due.push(...keysOf(`batch:${history.batch}:complete`, history.plan.onComplete));
  const starts = tasks.flatMap(({ id }, index) =>
    history.starts[index] > 0 ? [`${history.plan.tasks[index].accepted ? 'success' : 'failure'} ${id}:start`] : [],
  );
  const wanted = [...due.map((key) => `success ${key}`), ...starts];
  const found = deliveries.map(({ key, status }) => `${status} ${key}`);
  for (const delivery of wanted) if (!found.includes(delivery)) yield `there is no delivery: ${delivery}`;
  for (const delivery of found) if (!wanted.includes(delivery)) yield `there is a delivery too many: ${delivery}`;
  if (found.length !== new Set(found).size) yield `there are deliveries more than once: ${found.sort().join(', ')}`;
  for (const key of due) if (notices.get(key) !== 1) yield `the receiver got ${key} ${notices.get(key) ?? 0} times`;
}

/** Whom the end of a task concerns, by the keys of what they are sent. */
function notificationsOf(planned: PlannedTask, { id, status, failure_reason }: EndedTask, started: boolean): string[] {
  switch (status) {
    case 'Success':
      return keysOf(`${id}:end:success`, planned.onSuccess);
    case 'Failure':
      return keysOf(`${id}:end:failure`, planned.onFailure);
    default:
      return [
        ...(failure_reason === DEAD_END ? keysOf(`${id}:end:failure`, planned.onFailure) : []),
        // Nothing in these histories takes a claim back, so what was started was under way until it ended.
        ...(started && planned.accepted ? keysOf(`${id}:cancel`, planned.cancelActions) : []),
      ];
  }
}

const keysOf = (event: string, count: number): string[] =>
  Array.from({ length: count }, (_, position) => (position === 0 ? event : `${event}:${position}`));
