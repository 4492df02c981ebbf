/** Posts the example graphs of the demo and reads their progress from the API. */
import { readFileSync } from 'node:fs';

/** Calls the API. Throws on any answer other than 2xx, with its body. */
export async function call(url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${init?.method ?? 'GET'} ${url}: ${response.status} ${text.slice(0, 2000)}`);
  return { headers: response.headers, body: text ? JSON.parse(text) : null };
}

/**
 * Posts a graph whose URLs begin with `{{receiver}}`. Returns the batch: its id, the created tasks in the order of the
 * file, and the definition of each task by id, with what is expected of it and its notifications. Expected are a status
 * (`metadata.expect`) and a number of attempts (`metadata.expect_attempts`, or one).
 */
export async function postGraph(service, receiver, title, file) {
  const graph = readFileSync(file, 'utf8').replaceAll('{{receiver}}', receiver);
  const { headers, body } = await call(`${service}/task`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: graph,
  });
  const written = JSON.parse(graph).tasks;
  const tasks = body ?? [];
  if (tasks.length !== written.length) throw new Error(`${title}: of ${written.length} tasks, ${tasks.length} created`);
  return { title, id: headers.get('x-batch-id'), tasks, written: new Map(tasks.map(({ id }, i) => [id, written[i]])) };
}

/** Reads the current tasks of the batch: those of the file in its order, then those that were added. */
export async function refresh(service, batch) {
  const { body } = await call(`${service}/dag/${batch.id}`);
  const byId = new Map(body.tasks.map((task) => [task.id, task]));
  const lost = batch.tasks.find(({ id }) => !byId.has(id));
  if (lost) throw new Error(`${batch.title}: task ${lost.id} is no longer in its batch`);
  const known = new Set(batch.tasks.map(({ id }) => id));
  const ids = [...known, ...[...byId.keys()].filter((id) => !known.has(id))];
  batch.tasks = ids.map((id) => byId.get(id));
}

/** Runs again what did not succeed in the batch; returns the number of those tasks. */
export async function rerun(service, batch) {
  const { body } = await call(`${service}/batch/${batch.id}/rerun`, { method: 'POST' });
  await refresh(service, batch);
  return body.tasks.length;
}

/** Returns the result of the task with this local id. */
export async function resultOf(service, { tasks }, localId) {
  const { id } = tasks.find(({ local_id }) => local_id === localId);
  return (await call(`${service}/task/${id}`)).body.result;
}

/** Adds the reasons to failed and canceled tasks, and those of earlier attempts; the light form has none of them. */
export async function addReasons(service, batch) {
  const unsuccessful = batch.tasks.filter(({ status }) => status !== 'Success');
  const full = await Promise.all(unsuccessful.map(({ id }) => call(`${service}/task/${id}`)));
  unsuccessful.forEach((task, i) => (task.failure_reason = full[i].body.failure_reason));
  const retried = batch.tasks.filter(({ attempt }) => attempt > 1);
  const attempts = await Promise.all(retried.map(({ id }) => call(`${service}/task/${id}/attempts`)));
  retried.forEach((task, i) => (task.earlier_attempts = attempts[i].body.slice(1).reverse()));
}

export const hasEnded = ({ status }) => status === 'Success' || status === 'Failure' || status === 'Canceled';

/** Returns the expected end of a task; those that were added must succeed at once. */
export function expected(batch, task) {
  const { expect: status, expect_attempts: attempts = 1 } = batch.written.get(task.id)?.metadata ?? {
    expect: 'Success',
  };
  return { status, attempts };
}

export function endedAsExpected(batch, task) {
  const { status, attempts } = expected(batch, task);
  return task.status === status && task.attempt === attempts;
}

/** Returns the number of start calls due for ended tasks: one for each attempt that was not stopped before. */
export const startsDue = ({ tasks }) =>
  tasks.flatMap((task) => [task, ...(task.earlier_attempts ?? [])]).filter(({ started_at }) => started_at !== null)
    .length;

/** Returns the number of notifications due for ended tasks. (Tasks canceled by a user would have none.) */
export function notificationsDue({ tasks, written }) {
  const actions = tasks.filter(hasEnded).map(({ id, status }) => {
    const { on_success, on_failure } = written.get(id) ?? {};
    return status === 'Success' ? on_success : on_failure;
  });
  return actions.reduce((sum, list) => sum + (list?.length ?? 0), 0);
}
