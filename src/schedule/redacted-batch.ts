import type { Action } from '../domain/action';
import { redacted, redactedPaths } from '../domain/redaction';

const LISTS = ['on_success', 'on_failure', 'on_batch_complete'] as const;

/** Returns a valid batch without what may be secret in the URLs and headers of its actions. */
export function redactedBatch(batch: unknown): unknown {
  if (Array.isArray(batch)) return batch.map((task) => redactedActions(task as WithActions));
  const { tasks, ...rest } = batch as WithActions & { tasks: WithActions[] };
  return { ...redactedActions(rest), tasks: tasks.map(redactedActions) };
}

/**
 * Returns the faults of a batch that was read from a guarded service and sent back: nobody means `***` as the value of a
 * header or of a parameter.
 */
export function redactedValues({ tasks, ...rest }: WithActions & { tasks: WithActions[] }): string[] {
  const found = [...redactedIn('', rest), ...tasks.flatMap((task, i) => redactedIn(`tasks[${i}].`, task))];
  return found.map((path) => `batch.${path}: is redacted (***); send the value`);
}

function redactedIn(path: string, sent: WithActions): string[] {
  const inAction = (of: string, { params }: Action) => redactedPaths(params).map((at) => `${path}${of}.params.${at}`);
  return [
    ...(sent.on_start ? inAction('on_start', sent.on_start) : []),
    ...LISTS.flatMap((list) => (sent[list] ?? []).flatMap((action, i) => inAction(`${list}[${i}]`, action))),
  ];
}

type WithActions = { on_start?: Action } & { [list in (typeof LISTS)[number]]?: Action[] | null };

function redactedActions(sent: WithActions): WithActions {
  const shown = { ...sent };
  if (shown.on_start) shown.on_start = withoutSecrets(shown.on_start);
  for (const list of LISTS) if (shown[list]) shown[list] = shown[list].map(withoutSecrets);
  return shown;
}

const withoutSecrets = (action: Action): Action => ({ ...action, params: redacted(action.params) });
