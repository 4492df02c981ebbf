import type { Action } from '../domain/action';
import { isObject } from '../domain/json';
import { redacted } from '../domain/redaction';

/** A batch in one of the two forms that `POST /task` takes. */
type Batch = unknown[] | { metadata?: Record<string, unknown> | null };

/** Returns the fault of a batch whose metadata could not gain members, if it has any. */
export function shapeFault(batch: unknown): string | undefined {
  if (!Array.isArray(batch) && !isObject(batch)) return 'batch: must be an array of tasks, or an object with tasks';
  const { metadata } = batch as { metadata?: unknown };
  if (metadata === undefined || metadata === null || isObject(metadata)) return undefined;
  return 'batch.metadata: must be an object, as it gains schedule and due_at';
}

/** Returns the request that creates the batch of a due time: its metadata says where it comes from. */
export function scheduledBatch(batch: unknown, schedule: string, dueAt: Date): object {
  const sent = batch as Batch;
  const request = Array.isArray(sent) ? { tasks: sent } : sent;
  const metadata = 'metadata' in request ? request.metadata : {};
  return { ...request, metadata: { ...metadata, schedule, due_at: dueAt.toISOString() } };
}

const LISTS = ['on_success', 'on_failure', 'on_batch_complete'] as const;

/** Returns a valid batch without what may be secret in the URLs and headers of its actions. */
export function redactedBatch(batch: unknown): unknown {
  if (Array.isArray(batch)) return batch.map((task) => redactedActions(task as WithActions));
  const { tasks, ...rest } = batch as WithActions & { tasks: WithActions[] };
  return { ...redactedActions(rest), tasks: tasks.map(redactedActions) };
}

type WithActions = { on_start?: Action } & { [list in (typeof LISTS)[number]]?: Action[] | null };

function redactedActions(sent: WithActions): WithActions {
  const shown = { ...sent };
  if (shown.on_start) shown.on_start = withoutSecrets(shown.on_start);
  for (const list of LISTS) if (shown[list]) shown[list] = shown[list].map(withoutSecrets);
  return shown;
}

const withoutSecrets = (action: Action): Action => ({ ...action, params: redacted(action.params) });
