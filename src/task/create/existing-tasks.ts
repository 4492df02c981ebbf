import { Injectable } from '@nestjs/common';
import { findCycle, pathText } from '../../dag/cycle';
import { linksBelow } from '../../dag/sql/reachable';
import type { Tx } from '../../database/statement';
import { Conflict, Forbidden, InvalidRequest } from '../../domain/errors';
import { isTerminal } from '../../domain/task-status';
import { bounded } from '../../http/faults';
import { isUuid } from '../../http/is-uuid';
import type { AddTasksDto } from '../dto/add-tasks.dto';
import { notCurrent } from '../report/outcome';
import { type ExistingRow, findByLocalId, lockExisting } from '../sql/add-tasks';
import type { NewTasks } from './build-graph';

/** The attempt whose receiver adds tasks. */
export interface Caller {
  taskId: string;
  attempt: number;
}

/** A reference of a request to an existing task. */
interface Reference {
  /** Where it stands in the request. */
  path: string;
  /** The UUID of the task, or its local id in the request that created it. */
  name: string;
}

/** Existing tasks by the names that a request uses for them. */
export type Existing = ReadonlyMap<string, ExistingRow>;

const INVALID = 'The request is not valid';

/** Locks the existing tasks that new ones of their batch refer to, and checks that they may. */
@Injectable()
export class ExistingTasks {
  /**
   * Locks the tasks that a request refers to; returns them by the names that it uses.
   * @param caller the task whose receiver sent the request, if it has only a handle.
   * @throws {InvalidRequest} when one is not of this batch.
   * @throws {Conflict} when one is to wait that is no longer `Waiting`, or the caller's attempt is over.
   * @throws {Forbidden} when the caller's task is of another batch.
   */
  async lock(tx: Tx, batchId: string, request: AddTasksDto, caller?: Caller): Promise<Existing> {
    const waiting = waitingIn(request);
    const references = [...parentsIn(request), ...waiting];
    const ids = await this.idsOf(tx, batchId, references);
    const all = new Set([...ids.values()].flat());
    if (caller) all.add(caller.taskId);
    const locked = all.size > 0 ? await tx.run(lockExisting, [...all]) : [];
    const byId = new Map(locked.map((row) => [row.id, row]));
    if (caller) checkCaller(caller, batchId, byId.get(caller.taskId));
    const inBatch = (name: string) =>
      (ids.get(name) ?? []).flatMap((id) => byId.get(id) ?? []).filter(({ batch_id }) => batch_id === batchId);
    refuseUnclear(references, (name) => inBatch(name).length);
    refuseStarted(waiting.map(({ path, name }) => ({ path, row: inBatch(name)[0] })));
    return new Map(references.map(({ name }) => [name, inBatch(name)[0]]));
  }

  /** Returns the ids that names may stand for. */
  private async idsOf(tx: Tx, batchId: string, references: readonly Reference[]): Promise<Map<string, string[]>> {
    const names = [...new Set(references.map(({ name }) => name))];
    const ids = new Map(names.filter(isUuid).map((name) => [name, [name.toLowerCase()]]));
    const local = names.filter((name) => !isUuid(name));
    if (local.length === 0) return ids;
    for (const { id, local_id } of await tx.run(findByLocalId, batchId, local)) {
      ids.set(local_id, [...(ids.get(local_id) ?? []), id]);
    }
    return ids;
  }

  /** @throws {InvalidRequest} with the path, when new links would close a cycle. */
  async refuseCycle(tx: Tx, request: AddTasksDto, existing: Existing, { tasks, links }: NewTasks): Promise<void> {
    const names = new Map(tasks.map(({ id, local_id }) => [id, local_id]));
    const waiting = waitingIn(request).map(({ path, name }) => ({ path, id: existing.get(name)!.id }));
    const parents = links.map(({ parent_id }) => parent_id).filter((id) => !names.has(id));
    if (waiting.length === 0 || parents.length === 0) return;
    const from = [...new Set(waiting.map(({ id }) => id))];
    const cycle = findCycle([...links, ...(await tx.run(linksBelow, from, parents))], from);
    if (!cycle) return;
    const { path } = waiting.find(({ id }) => cycle.includes(id))!;
    throw new InvalidRequest(INVALID, [
      `${path}: would close a cycle: ${pathText(cycle.map((id) => names.get(id) ?? id))}`,
    ]);
  }
}

/** Returns the dependencies on tasks that the request does not define before. */
function parentsIn({ tasks }: AddTasksDto): Reference[] {
  const defined = new Set<string>();
  return tasks.flatMap(({ id: localId, dependencies }, i) => {
    const existing = (dependencies ?? []).flatMap(({ id: name }, j) =>
      defined.has(name) ? [] : { path: `tasks[${i}].dependencies[${j}].id`, name },
    );
    defined.add(localId);
    return existing;
  });
}

const waitingIn = ({ tasks }: AddTasksDto): Reference[] =>
  tasks.flatMap(({ before }, i) =>
    (before ?? []).map(({ id: name }, j) => ({ path: `tasks[${i}].before[${j}].id`, name })),
  );

function checkCaller({ taskId, attempt }: Caller, batchId: string, row?: ExistingRow): void {
  if (row?.batch_id !== batchId) throw new Forbidden('The token belongs to a task of another batch');
  if (row.attempt !== attempt) throw notCurrent(attempt, row);
  if (!isTerminal(row.status)) return;
  const members = { current_status: row.status, current_attempt: row.attempt };
  throw new Conflict(`Task ${taskId} can no longer add tasks: it is ${row.status}`, members);
}

/** Refuses names that stand for no task of the batch, or for several: local ids are unique in one request only. */
function refuseUnclear(references: readonly Reference[], tasksOf: (name: string) => number): void {
  const faults = references.flatMap(({ path, name }) => {
    const tasks = tasksOf(name);
    if (tasks === 1) return [];
    return `${path}: "${name}" is ${tasks === 0 ? 'not a task' : `the local id of ${tasks} tasks`} of this batch`;
  });
  if (faults.length > 0) throw new InvalidRequest(INVALID, bounded(faults));
}

function refuseStarted(waiting: readonly { path: string; row: ExistingRow }[]): void {
  const started = waiting.filter(({ row: { status, paused_from } }) => (paused_from ?? status) !== 'Waiting');
  if (started.length === 0) return;
  throw new Conflict(
    'Only a Waiting task can get new parents',
    { current_status: started[0].row.status },
    undefined,
    bounded(started.map(({ path, row }) => `${path}: "${row.id}" is ${row.status}`)),
  );
}
