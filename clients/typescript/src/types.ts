import type { components, operations } from './schema.ts';

type Schemas = components['schemas'];
type Query<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

/** A webhook of a task or batch. */
export type Action = Schemas['Action'];
/** A task to create. */
export type TaskRequest = Schemas['NewTask'];
/** A task to add to a batch. */
export type AddedTaskRequest = Schemas['AddedTask'];
/** A batch to create. */
export type BatchRequest = Schemas['NewBatch'];
export type Rule = Schemas['Rule'];
/** The light form of a task, as in lists and events, with the members that the parameter `fields` asks for. */
export type TaskSummary = Schemas['ListedTask'];
/** The full form of a task. */
export type Task = Schemas['TaskDetail'];
/** One attempt at a task. */
export type Attempt = Schemas['Attempt'];
/** When a failed attempt is followed by another. */
export type RetryPolicy = Schemas['RetryPolicy'];
export type TaskStatus = TaskSummary['status'];
/** Why a task is in its status. */
export type Why = Schemas['Why'];
/** The graph of a batch: tasks and links. */
export type Dag = Schemas['Dag'];
/** Statistics of a batch. */
export type BatchStats = Schemas['BatchStats'];
export type BatchSummary = Schemas['BatchSummary'];
/** Result of stopping a batch. */
export type Stopped = Schemas['StoppedBatch'];
export type RulesUpdated = Schemas['UpdatedRules'];
/** A call to a receiver and its outcome. */
export type Delivery = Schemas['Delivery'];
/** A delivery with its request, its attempts, and what it waits for. */
export type DeliveryDetail = Schemas['DeliveryDetail'];
/** Who changed what. */
export type AuditEntry = Schemas['AuditEntry'];
export type Replayed = Schemas['Replayed'];
/** A result, progress or a sign of life. */
export type Report = Schemas['Report'];
/** Items done and failed since the last report. */
export type Increment = Schemas['Increment'];
/** A report about one task of many. */
export type BulkReport = Schemas['BulkReport'];
/** An increment for one task of many. */
export type BulkIncrement = Schemas['BulkIncrement'];
/** The result of one report or increment of many. */
export type BulkResult = Schemas['BulkResult'];
/** The outcomes of many reports. */
export type BulkResults = Schemas['BulkResults'];
/** The tasks that run again, with their next attempts. */
export type Rerun = Schemas['Rerun'];
/** A schedule to create or to replace. */
export type ScheduleRequest = Schemas['NewSchedule'];
/** A schedule with its batch, its next due times and its last firings. */
export type Schedule = Schemas['Schedule'];
/** A schedule as in lists. */
export type ScheduleSummary = Schemas['ScheduleSummary'];
/** The result of a due time, or of a manual run. */
export type Firing = Schemas['Firing'];
/** Problem details (RFC 9457). */
export type Problem = Schemas['ProblemDetails'];

export type TaskFilter = Omit<Query<'listTasks'>, 'delayed' | 'root_cause' | 'status'> & {
  /** Status of the task, or several. */
  status?: TaskStatus | readonly TaskStatus[];
  /** `true`: only `Pending` tasks that wait for their `run_at`. `false`: all others. */
  delayed?: boolean;
  /**
   * `true`: only root causes, which are tasks that failed or were canceled for a reason of their own. `false`: only
   * consequences, whose `failure_reason` names a parent, their children or a stop of the batch. Needs a `status` of
   * `Failure`, `Canceled` or both.
   */
  root_cause?: boolean;
};
export type BatchFilter = Omit<Query<'listBatches'>, 'status'> & {
  /** Only batches with a task in this status, or in any of several. */
  status?: TaskStatus | readonly TaskStatus[];
};
export type DeliveryFilter = Omit<Query<'listDeliveries'>, 'status'> & {
  /** Status of the delivery, or several. */
  status?: Delivery['status'] | readonly Delivery['status'][];
};
export type AuditFilter = Query<'listAuditEntries'>;
export type ScheduleFilter = Query<'listSchedules'>;
export type ReplayFilter = Query<'replayDeliveries'>;
