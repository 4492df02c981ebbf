/** What the service answers, as far as the page looks at it. */

export const STATUSES = [
  'Waiting',
  'Pending',
  'Claimed',
  'Running',
  'Paused',
  'Success',
  'Failure',
  'Canceled',
] as const;
export type Status = (typeof STATUSES)[number];

export const hasEnded = (status: Status): boolean =>
  status === 'Success' || status === 'Failure' || status === 'Canceled';

export interface Task {
  id: string;
  name: string;
  kind: string;
  status: Status;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  success: number;
  failures: number;
  expected_count: number | null;
  batch_id: string;
  dead_end_barrier: boolean;
  priority: number;
}

export interface Action {
  kind: string;
  trigger: 'Start' | 'End' | 'Cancel';
  params: { url: string; verb: string };
}

export interface FullTask extends Task {
  timeout: number;
  rules: unknown[];
  metadata: unknown;
  last_updated: string;
  failure_reason: string | null;
  actions: Action[];
}

export interface Link {
  parent_id: string;
  child_id: string;
  requires_success: boolean;
}

export interface Dag {
  tasks: Task[];
  links: Link[];
}

/** Tasks in each state; keys are states in lower case. */
export type StatusCounts = Record<string, number>;

export interface BatchSummary {
  batch_id: string;
  total_tasks: number;
  first_created_at: string;
  latest_updated_at: string;
  status_counts: StatusCounts;
  kinds: string[];
  scope: string | null;
  metadata: unknown;
}

export interface BatchStats {
  batch_id: string;
  scope: string | null;
  metadata: unknown;
}

export interface StopResult {
  already_terminal: number;
  canceled_waiting: number;
  canceled_pending: number;
  canceled_claimed: number;
  canceled_running: number;
  canceled_paused: number;
}

export const DELIVERY_STATUSES = ['pending', 'success', 'failure', 'exhausted'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface Delivery {
  id: string;
  task_id: string | null;
  batch_id: string;
  trigger: 'start' | 'end' | 'cancel' | 'batch_complete';
  idempotency_key: string;
  url: string;
  status: DeliveryStatus;
  attempts: number;
  next_attempt_at: string | null;
  last_status: number | null;
  last_error: string | null;
  created_at: string;
  updated_at: string;
}

export interface Why {
  id: string;
  status: Status;
  summary: string;
  reasons: { type: string; text: string; tasks: { id: string; name: string; status: Status }[] }[];
}
