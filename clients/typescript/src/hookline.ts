import { created, type Created } from './created.ts';
import { Graph } from './graph.ts';
import { Http, type HooklineOptions, type RequestOptions } from './http.ts';
import { events, type LiveEvent, type LiveOptions } from './live.ts';
import type * as wire from './types.ts';
import { untilEnded, type WaitOptions } from './wait.ts';

/**
 * A client of one service. Methods make one attempt, and reject with a `HooklineError` if the service refuses the request
 * or does not answer. `isTemporary` says whether a retry may succeed.
 */
export class Hookline {
  private readonly http: Http;

  constructor(options: HooklineOptions) {
    this.http = new Http(options);
  }

  /** Creates all tasks of a graph, or none. */
  async create(graph: Graph | wire.BatchRequest, options?: RequestOptions): Promise<Created> {
    const request = graph instanceof Graph ? graph.toJSON() : graph;
    const { headers, body } = await this.http.send('POST', '/task', { ...options, body: request });
    return created(request, (body ?? []) as wire.TaskSummary[], headers.get('x-batch-id')!);
  }

  /** Returns a task. */
  task(id: string, options?: RequestOptions): Promise<wire.Task> {
    return this.http.json('GET', `/task/${part(id)}`, options);
  }

  /** Returns a page of tasks, newest first. */
  tasks(filter?: wire.TaskFilter, options?: RequestOptions): Promise<wire.TaskSummary[]> {
    return this.http.json('GET', '/task', { ...options, query: filter });
  }

  /** Explains why a task is not running. */
  why(id: string, options?: RequestOptions): Promise<wire.Why> {
    return this.http.json('GET', `/task/${part(id)}/why`, options);
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
  report(id: string, report: wire.Report, options?: RequestOptions): Promise<void> {
    return this.http.json('PATCH', `/task/${part(id)}`, { ...options, body: report });
  }

  /** Returns the statistics of a batch. */
  batch(id: string, options?: RequestOptions): Promise<wire.BatchStats> {
    return this.http.json('GET', `/batch/${part(id)}`, options);
  }

  /** Returns a page of batches, newest first. */
  batches(filter?: wire.BatchFilter, options?: RequestOptions): Promise<wire.BatchSummary[]> {
    return this.http.json('GET', '/batches', { ...options, query: filter });
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

  /** Returns a page of deliveries, last changed first. */
  deliveries(filter?: wire.DeliveryFilter, options?: RequestOptions): Promise<wire.Delivery[]> {
    return this.http.json('GET', '/webhook-deliveries', { ...options, query: filter });
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
}

const part = encodeURIComponent;
