import type { components, operations } from './schema.ts';

type Schemas = components['schemas'];
type Query<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

/** A call to a receiver, as a task or batch asks for it. */
export type Action = Schemas['ActionDto'];
/** A task as it is created, in the form of the wire. */
export type TaskRequest = Schemas['CreateTaskDto'];
/** A batch as it is created, in the form of the wire. */
export type BatchRequest = Schemas['CreateRequestDto'];
export type Rule = Schemas['RuleDto'];
/** The light form of a task, as lists and events have it. */
export type TaskSummary = Schemas['TaskLightDto'];
/** Everything about one task. */
export type Task = Schemas['TaskFullDto'];
export type TaskStatus = TaskSummary['status'];
/** What a task waits for. */
export type Why = Schemas['WhyDto'];
/** The tasks of a batch, and which waits for which. */
export type Dag = Schemas['DagDto'];
/** How far a batch has come. */
export type BatchStats = Schemas['BatchStatsDto'];
export type BatchSummary = Schemas['BatchSummaryDto'];
/** What stopping a batch has done. */
export type Stopped = Schemas['StopDto'];
export type RulesUpdated = Schemas['RulesUpdatedDto'];
/** A call to a receiver, and what became of it. */
export type Delivery = Schemas['DeliveryDto'];
export type Replayed = Schemas['ReplayedDto'];
/** A result, progress or a sign of life. */
export type Report = Schemas['ReportDto'];
/** What counts as done, and as failed, since the last report. */
export type Increment = Schemas['IncrementDto'];
/** A refusal, as the service words it (RFC 9457). */
export type Problem = Schemas['ProblemDetails'];

export type TaskFilter = Query<'taskList'>;
export type BatchFilter = Query<'batchesList'>;
export type DeliveryFilter = Query<'deliveriesList'>;
export type ReplayFilter = Query<'deliveriesReplayExhausted'>;
