/** Types of the API, from the TypeScript client, and the lists of their values. */
import type { components } from '../../../clients/typescript/src/schema.ts';
import type { Dag, Delivery, TaskStatus } from '../../../clients/typescript/src/types.ts';

export type {
  BatchStats,
  BatchSummary,
  Dag,
  Delivery,
  Problem,
  Replayed,
  Task,
  TaskStatus,
  TaskSummary,
  Why,
} from '../../../clients/typescript/src/types.ts';

type Schemas = components['schemas'];
export type Attempt = Schemas['Attempt'];
export type AuditEntry = Schemas['AuditEntry'];
export type DeliveryAttempt = Schemas['DeliveryAttempt'];
export type DeliveryDetail = Schemas['DeliveryDetail'];
export type Firing = Schemas['Firing'];
export type Schedule = Schemas['Schedule'];
export type ScheduleSummary = Schemas['ScheduleSummary'];
export type Session = Schemas['Session'];

export const STATUSES = [
  'Waiting',
  'Pending',
  'Claimed',
  'Running',
  'Paused',
  'Success',
  'Failure',
  'Canceled',
] as const satisfies readonly TaskStatus[];

/** Asks for the members of batches that the page needs beside the summary. */
export const BATCH_FIELDS = { fields: 'stopped_at,exhausted_deliveries' } as const;

/** Asks for the members of tasks that the page needs beside the light form. */
export const TASK_FIELDS = { fields: 'failure_reason' } as const;

export const hasEnded = (status: TaskStatus): boolean =>
  status === 'Success' || status === 'Failure' || status === 'Canceled';

export type Link = Dag['links'][number];

/** Number of tasks by status, in lower case; a missing status counts as 0. */
export type StatusCounts = Readonly<Record<string, number>>;

export const DELIVERY_STATUSES = [
  'pending',
  'success',
  'failure',
  'exhausted',
] as const satisfies readonly Delivery['status'][];
