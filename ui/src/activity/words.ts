import type { AuditEntry } from '../api/types';
import { exactly } from '../parts/time';
import { counted } from '../parts/words';

type Action = AuditEntry['action'];

/** Each action as what was done. */
export const ACTIONS: Readonly<Record<Action, string>> = {
  cancel_task: 'Canceled task',
  pause_task: 'Paused task',
  resume_task: 'Resumed task',
  reschedule_task: 'Moved start of task',
  rerun_tasks: 'Reran tasks',
  stop_batch: 'Stopped batch',
  update_rules: 'Updated rules',
  replay_deliveries: 'Replayed deliveries',
  save_schedule: 'Saved schedule',
  delete_schedule: 'Deleted schedule',
  run_schedule: 'Ran schedule',
  pause_schedule: 'Paused schedule',
  resume_schedule: 'Resumed schedule',
};

/** Words for the details that need more than their name. */
const DETAILS: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  tasks: (count) => counted(Number(count), 'task'),
  ended: (count) => `${counted(Number(count), 'task')} ended`,
  deliveries: (count) => (count === 1 ? '1 delivery' : `${String(count)} deliveries`),
  kind: (kind) => `kind ${String(kind)}`,
  from: (status) => `from ${String(status)}`,
  to: (status) => `to ${String(status)}`,
  run_at: (time) => `to ${time === 'now' ? 'now' : exactly(String(time))}`,
  downstream: (isDownstream) => (isDownstream ? 'with everything downstream' : undefined),
  created: (isNew) => (isNew ? 'created' : 'changed'),
};

/** Returns what else is known of an action, in words; a blank text if nothing is. */
export const detailsInWords = ({ details }: AuditEntry): string =>
  Object.entries(details ?? {})
    .map(([name, value]) => (DETAILS[name] ? DETAILS[name](value) : `${name}: ${String(value)}`))
    .filter((words) => words !== undefined)
    .join(', ');
