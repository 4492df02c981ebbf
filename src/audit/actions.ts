/** What a client can do that is recorded in the audit log. */
export const AUDITED = [
  'cancel_task',
  'pause_task',
  'resume_task',
  'reschedule_task',
  'rerun_tasks',
  'stop_batch',
  'update_rules',
  'replay_deliveries',
  'save_schedule',
  'delete_schedule',
  'run_schedule',
  'pause_schedule',
  'resume_schedule',
] as const;
export type Audited = (typeof AUDITED)[number];
