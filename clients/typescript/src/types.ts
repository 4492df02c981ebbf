import type { components, operations } from './schema.ts';

type Schemas = components['schemas'];
type Query<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

/** A webhook of a task or batch. */
export type Action = Schemas['ActionDto'];
/** A task to create. */
export type TaskRequest = Schemas['CreateTaskDto'];
/** A task to add to a batch. */
export type AddedTaskRequest = Schemas['AddTaskDto'];
/** A batch to create. */
export type BatchRequest = Schemas['CreateRequestDto'];
export type Rule = Schemas['RuleDto'];
/** The light form of a task, as in lists and events, with the members that the parameter `fields` asks for. */
export type TaskSummary = Schemas['TaskItemDto'];
/** The full form of a task. */
export type Task = Schemas['TaskFullDto'];
/** One attempt at a task. */
export type Attempt = Schemas['AttemptDto'];
/** When a failed attempt is followed by another. */
export type RetryPolicy = Schemas['RetryDto'];
export type TaskStatus = TaskSummary['status'];
/** Why a task is in its status. */
export type Why = Schemas['WhyDto'];
/** The graph of a batch: tasks and links. */
export type Dag = Schemas['DagDto'];
/** Statistics of a batch. */
export type BatchStats = Schemas['BatchStatsDto'];
export type BatchSummary = Schemas['BatchSummaryDto'];
/** Result of stopping a batch. */
export type Stopped = Schemas['StopDto'];
export type RulesUpdated = Schemas['RulesUpdatedDto'];
/** A call to a receiver and its outcome. */
export type Delivery = Schemas['DeliveryDto'];
export type Replayed = Schemas['ReplayedDto'];
/** A result, progress or a sign of life. */
export type Report = Schemas['ReportDto'];
/** Items done and failed since the last report. */
export type Increment = Schemas['IncrementDto'];
/** A report about one task of many. */
export type BulkReport = Schemas['BulkReportDto'];
/** An increment for one task of many. */
export type BulkIncrement = Schemas['BulkIncrementDto'];
/** The result of one report or increment of many. */
export type BulkResult = Schemas['BulkResultDto'];
/** The outcomes of many reports. */
export type BulkResults = Schemas['BulkResultsDto'];
/** The tasks that run again, with their next attempts. */
export type Rerun = Schemas['RerunDto'];
/** A schedule to create or to replace. */
export type ScheduleRequest = Schemas['SaveScheduleDto'];
/** A schedule with its batch, its next due times and its last firings. */
export type Schedule = Schemas['ScheduleDto'];
/** A schedule as in lists. */
export type ScheduleSummary = Schemas['ScheduleSummaryDto'];
/** The result of a due time, or of a manual run. */
export type Firing = Schemas['FiringDto'];
/** Problem details (RFC 9457). */
export type Problem = Schemas['ProblemDetails'];

export type TaskFilter = Omit<Query<'taskList'>, 'delayed' | 'status'> & {
  /** Status of the task, or several. */
  status?: TaskStatus | readonly TaskStatus[];
  /** `true`: only `Pending` tasks that wait for their `run_at`. `false`: all others. */
  delayed?: boolean;
};
export type BatchFilter = Omit<Query<'batchesList'>, 'status'> & {
  /** Only batches with a task in this status, or in any of several. */
  status?: TaskStatus | readonly TaskStatus[];
};
export type DeliveryFilter = Query<'deliveriesList'>;
export type ScheduleFilter = Query<'scheduleList'>;
export type ReplayFilter = Query<'deliveriesReplayExhausted'>;
