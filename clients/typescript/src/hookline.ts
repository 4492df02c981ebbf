import { addTasks, create, type Created } from './created.ts';
import type { AnyIds, Graph } from './graph.ts';
import {
  Http,
  type BatchRerunOptions,
  type CreateOptions,
  type HooklineOptions,
  type ReportOptions,
  type RequestOptions,
  type RerunOptions,
} from './http.ts';
import { events, type LiveEvent, type LiveOptions } from './live.ts';
import { all } from './pages.ts';
import { results } from './results.ts';
import { scheduleRequest, type ScheduleSpec } from './schedule.ts';
import { iso, type Time } from './time.ts';
import type * as wire from './types.ts';
import { untilEnded, type WaitOptions } from './wait.ts';

/**
 * A client of one service. Methods reject with a `HooklineError` if the service refuses the request or does not answer.
 * Reads, creations and reruns are safe to repeat, and are repeated while the error `isTemporary`, as `retries` says. All
 * other methods make one attempt.
 */
export class Hookline {
  private readonly http: Http;

  /** @throws {TypeError} naming the faulty option. */
  constructor(options: HooklineOptions) {
    this.http = new Http(options);
  }

  /**
   * Creates all tasks of a graph, or none. With an `idempotencyKey`, it is also safe to repeat the call after an error, for
   * instance in another process.
   */
  create<Ids extends object = AnyIds>(
    graph: Graph<Ids> | wire.BatchRequest,
    options: CreateOptions = {},
  ): Promise<Created<Ids>> {
    return create(this.http, '/task', graph, options);
  }

  /**
   * Adds the tasks of a graph to a batch, or none. They may depend on existing tasks of it by id, and let existing ones wait
   * for them with `requiredBy` and `before`. Receivers use `job.addTasks()` instead, without a token.
   */
  addTasks<Ids extends object>(batchId: string, graph: Graph<Ids>, options: CreateOptions = {}): Promise<Created<Ids>> {
    return addTasks(this.http, batchId, graph, options);
  }

  /**
   * Runs the failed and canceled tasks of a batch again, as their next attempts. What succeeded stays, unless `downstream`
   * is set.
   */
  rerun(batchId: string, options: BatchRerunOptions = {}): Promise<wire.Rerun> {
    return this.rerunAt(`/batch/${part(batchId)}/rerun`, options);
  }

  /** Runs a task again that has ended, with its unsuccessful descendants. */
  rerunTask(id: string, options: RerunOptions = {}): Promise<wire.Rerun> {
    return this.rerunAt(`/task/${part(id)}/rerun`, options);
  }

  /** Returns a task. */
  task(id: string, options?: RequestOptions): Promise<wire.Task> {
    return this.http.json('GET', `/task/${part(id)}`, options);
  }

  /** Returns a page of tasks, newest first. */
  tasks(filter?: wire.TaskFilter, options?: RequestOptions): Promise<wire.TaskSummary[]> {
    return this.http.json('GET', '/task', { ...options, query: filter });
  }

  /**
   * Iterates over all tasks that match, newest first, page by page (see `page_size`), each once. New tasks do not disturb it.
   * Tasks that stop matching meanwhile move the others, so that some may be missed: to change the tasks, collect them first.
   */
  allTasks(filter?: wire.TaskFilter, options?: RequestOptions): AsyncGenerator<wire.TaskSummary, void> {
    return all(
      (page) => this.tasks({ ...filter, ...page }, options),
      filter,
      ({ id }) => id,
    );
  }

  /** Explains why a task is not running. */
  why(id: string, options?: RequestOptions): Promise<wire.Why> {
    return this.http.json('GET', `/task/${part(id)}/why`, options);
  }

  /** Returns the attempts at a task, newest first, with the current one. */
  attempts(id: string, options?: RequestOptions): Promise<wire.Attempt[]> {
    return this.http.json('GET', `/task/${part(id)}/attempts`, options);
  }

  /** Moves the start of a task that has not started, or of its next attempt; null means now. */
  reschedule(id: string, runAt: Time | null, options?: RequestOptions): Promise<void> {
    return this.http.json('PATCH', `/task/${part(id)}`, { ...options, body: { run_at: runAt && iso(runAt) } });
  }

  /** Cancels a task; tasks that require its success fail. */
  cancel(id: string, options?: RequestOptions): Promise<void> {
    return this.http.json('DELETE', `/task/${part(id)}`, options);
  }

  /** Pauses a task. */
  pause(id: string, options?: RequestOptions): Promise<void> {
    return this.http.json('PATCH', `/task/pause/${part(id)}`, options);
  }

  /** Resumes a paused task. */
  resume(id: string, options?: RequestOptions): Promise<void> {
    return this.http.json('PATCH', `/task/resume/${part(id)}`, options);
  }

  /** Reports a result, progress or a sign of life. Receivers report to their handle instead, without a token. */
  report(id: string, report: wire.Report, { attempt, signal }: ReportOptions = {}): Promise<void> {
    return this.http.json('PATCH', `/task/${part(id)}`, { body: report, query: { attempt }, signal });
  }

  /** Reports on up to 10,000 tasks. Each report has its own outcome, in the order of the reports. */
  async reports(reports: readonly wire.BulkReport[], options?: RequestOptions): Promise<wire.BulkResult[]> {
    return (await this.http.json<wire.BulkResults>('PATCH', '/task', { ...options, body: reports })).results;
  }

  /** Adds to the counters of up to 10,000 tasks. Each increment has its own outcome, in the order of the increments. */
  async count(increments: readonly wire.BulkIncrement[], options?: RequestOptions): Promise<wire.BulkResult[]> {
    return (await this.http.json<wire.BulkResults>('PUT', '/task', { ...options, body: increments })).results;
  }

  /** Returns the statistics of a batch. */
  batch(id: string, options?: RequestOptions): Promise<wire.BatchStats> {
    return this.http.json('GET', `/batch/${part(id)}`, options);
  }

  /** Returns a page of batches, newest first. */
  batches(filter?: wire.BatchFilter, options?: RequestOptions): Promise<wire.BatchSummary[]> {
    return this.http.json('GET', '/batches', { ...options, query: filter });
  }

  /** Iterates over all batches that match, newest first, as `allTasks` does. */
  allBatches(filter?: wire.BatchFilter, options?: RequestOptions): AsyncGenerator<wire.BatchSummary, void> {
    return all(
      (page) => this.batches({ ...filter, ...page }, options),
      filter,
      ({ batch_id }) => batch_id,
    );
  }

  /** Returns the graph of a batch: tasks and links. */
  dag(batchId: string, options?: RequestOptions): Promise<wire.Dag> {
    return this.http.json('GET', `/dag/${part(batchId)}`, options);
  }

  /** Cancels all tasks of a batch that have not ended. */
  stop(batchId: string, options?: RequestOptions): Promise<wire.Stopped> {
    return this.http.json('DELETE', `/batch/${part(batchId)}`, options);
  }

  /** Replaces the rules of all tasks of one kind in a batch that have not ended; an empty array removes them. */
  updateRules(batchId: string, kind: string, rules: wire.Rule[], options?: RequestOptions): Promise<wire.RulesUpdated> {
    return this.http.json('PATCH', `/batch/${part(batchId)}/rules`, { ...options, body: { kind, rules } });
  }

  /** Creates a schedule, or replaces its settings; those that are left out get their defaults. */
  schedule(name: string, schedule: ScheduleSpec, options?: RequestOptions): Promise<wire.Schedule> {
    return this.http.json('PUT', `/schedule/${part(name)}`, { ...options, body: scheduleRequest(schedule) });
  }

  /** Returns a schedule, with its next due times and its last firings. */
  readSchedule(name: string, options?: RequestOptions): Promise<wire.Schedule> {
    return this.http.json('GET', `/schedule/${part(name)}`, options);
  }

  /** Returns a page of schedules, by default by name. */
  schedules(filter?: wire.ScheduleFilter, options?: RequestOptions): Promise<wire.ScheduleSummary[]> {
    return this.http.json('GET', '/schedule', { ...options, query: filter });
  }

  /** Iterates over all schedules, as `allTasks` does. */
  allSchedules(filter?: wire.ScheduleFilter, options?: RequestOptions): AsyncGenerator<wire.ScheduleSummary, void> {
    return all(
      (page) => this.schedules({ ...filter, ...page }, options),
      filter,
      ({ name }) => name,
    );
  }

  /** Removes a schedule and the records of its firings; its batches stay. */
  deleteSchedule(name: string, options?: RequestOptions): Promise<void> {
    return this.http.json('DELETE', `/schedule/${part(name)}`, options);
  }

  /** Fires a schedule now, also while it is paused. */
  runSchedule(name: string, options?: RequestOptions): Promise<wire.Firing> {
    return this.http.json('POST', `/schedule/${part(name)}/run`, options);
  }

  /** Pauses a schedule: nothing is due until it is resumed. */
  pauseSchedule(name: string, options?: RequestOptions): Promise<wire.Schedule> {
    return this.http.json('POST', `/schedule/${part(name)}/pause`, options);
  }

  /** Resumes a schedule with the next due time from now. */
  resumeSchedule(name: string, options?: RequestOptions): Promise<wire.Schedule> {
    return this.http.json('POST', `/schedule/${part(name)}/resume`, options);
  }

  /** Returns a page of deliveries, by default last changed first. */
  deliveries(filter?: wire.DeliveryFilter, options?: RequestOptions): Promise<wire.Delivery[]> {
    return this.http.json('GET', '/webhook-deliveries', { ...options, query: filter });
  }

  /** Iterates over all deliveries that match, as `allTasks` does. It may miss those that change meanwhile. */
  allDeliveries(filter?: wire.DeliveryFilter, options?: RequestOptions): AsyncGenerator<wire.Delivery, void> {
    return all(
      (page) => this.deliveries({ ...filter, ...page }, options),
      filter,
      ({ id }) => id,
    );
  }

  /** Returns a delivery with its request, its attempts, and what it waits for. */
  delivery(id: string, options?: RequestOptions): Promise<wire.DeliveryDetail> {
    return this.http.json('GET', `/webhook-deliveries/${part(id)}`, options);
  }

  /** Returns a page of the audit log, newest first: who changed what. */
  auditLog(filter?: wire.AuditFilter, options?: RequestOptions): Promise<wire.AuditEntry[]> {
    return this.http.json('GET', '/audit-log', { ...options, query: filter });
  }

  /** Sends an exhausted notification again. */
  replay(deliveryId: string, options?: RequestOptions): Promise<void> {
    return this.http.json('POST', `/webhook-deliveries/${part(deliveryId)}/replay`, options);
  }

  /** Sends exhausted notifications again, oldest first, at most 1,000 a call. */
  replayExhausted(filter?: wire.ReplayFilter, options?: RequestOptions): Promise<wire.Replayed> {
    return this.http.json('POST', '/webhook-deliveries/replay', { ...options, query: filter });
  }

  /**
   * Iterates over the changes of a batch's tasks, as server-sent events. A broken stream is resumed where it ended. The
   * iteration ends when the caller leaves it or the signal aborts.
   */
  events(batchId: string, options: LiveOptions = {}): AsyncGenerator<LiveEvent, never> {
    return events(this.http, batchId, options);
  }

  /**
   * Waits until all tasks of a batch have ended, and returns its statistics; `status_counts` has the results. It follows
   * the event stream, or polls every second without one, and waits while the service is unavailable. Rejects with 404 if
   * the batch has no tasks, for instance because all of them were duplicates.
   */
  waitForBatch(id: string, options: WaitOptions = {}): Promise<wire.BatchStats> {
    const stats = (signal: AbortSignal) => this.batch(id, { signal });
    return untilEnded({ stats, events: (signal) => this.events(id, { signal }) }, options);
  }

  /**
   * Returns the results of the tasks of a batch that have one, by local id; by id if an older task has the same local id.
   * It reads each task that has ended. `Results` is their type by local id; the results are not checked.
   */
  results<Results extends object = Record<string, unknown>>(
    batchId: string,
    options: RequestOptions = {},
  ): Promise<Partial<Results>> {
    return results(this, batchId, options) as Promise<Partial<Results>>;
  }

  private async rerunAt(
    path: string,
    { taskIds, downstream, idempotencyKey, signal }: BatchRerunOptions,
  ): Promise<wire.Rerun> {
    const body = { task_ids: taskIds, downstream };
    return this.http.json('POST', path, { body, headers: this.http.keyed(idempotencyKey), signal });
  }
}

const part = encodeURIComponent;
