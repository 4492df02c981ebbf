export type { Context, Parent } from './context.ts';
export type { Created } from './created.ts';
export { HooklineError, type Fault } from './error.ts';
export {
  Graph,
  webhook,
  type AnyIds,
  type GraphOptions,
  type TaskHandle,
  type TaskSpec,
  type WebhookOptions,
} from './graph.ts';
export { Hookline } from './hookline.ts';
export type {
  BatchRerunOptions,
  CreateOptions,
  HooklineOptions,
  ReportOptions,
  RequestOptions,
  RerunOptions,
} from './http.ts';
export type { LiveEvent, LiveOptions } from './live.ts';
export { NonRetryable, RetryAfter } from './receiver/failures.ts';
export type { GroupHandler, Handler, Job, TaskTypes } from './receiver/job.ts';
export type { Notification } from './receiver/call.ts';
export { createReceiver, type Receiver, type ReceiverOptions } from './receiver/receiver.ts';
export type { ScheduleSpec } from './schedule.ts';
export type { Time } from './time.ts';
export type * from './types.ts';
export type { WaitOptions } from './wait.ts';
