import { created, type Created } from './created.ts';
import { Graph } from './graph.ts';
import { Http, type HooklineOptions, type RequestOptions } from './http.ts';
import { events, type LiveEvent, type LiveOptions } from './live.ts';
import type * as wire from './types.ts';
import { untilEnded, type WaitOptions } from './wait.ts';

/**
 * A client of one service. Every method rejects with a `HooklineError` if the service refuses the request or does not
 * answer, and is tried once: what may be tried again, `isTemporary` says.
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

  /** Everything about one task. */
  task(id: string, options?: RequestOptions): Promise<wire.Task> {
    return this.http.json('GET', `/task/${part(id)}`, options);
  }

  /** A page of tasks, newest first. */
  tasks(filter?: wire.TaskFilter, options?: RequestOptions): Promise<wire.TaskSummary[]> {
    return this.http.json('GET', '/task', { ...options, query: filter });
  }

  /** What a task waits for. */
  why(id: string, options?: RequestOptions): Promise<wire.Why> {
    return this.http.json('GET', `/task/${part(id)}/why`, options);
  }

  /** Cancels a task, and fails what requires it. */
  cancel(id: string, options?: RequestOptions): Promise<void> {
    return this.http.json('DELETE', `/task/${part(id)}`, options);
  }

  /** Holds a task. */
  pause(id: string, options?: RequestOptions): Promise<void> {
    return this.http.json('PATCH', `/task/pause/${part(id)}`, options);
  }

  /** Lets a task go on. */
  resume(id: string, options?: RequestOptions): Promise<void> {
    return this.http.json('PATCH', `/task/resume/${part(id)}`, options);
  }

  /** Reports a result, progress or a sign of life. Receivers report to their handle instead, and need no token. */
  report(id: string, report: wire.Report, options?: RequestOptions): Promise<void> {
    return this.http.json('PATCH', `/task/${part(id)}`, { ...options, body: report });
  }

  /** How far a batch has come. */
  batch(id: string, options?: RequestOptions): Promise<wire.BatchStats> {
    return this.http.json('GET', `/batch/${part(id)}`, options);
  }

  /** A page of batches, newest first. */
  batches(filter?: wire.BatchFilter, options?: RequestOptions): Promise<wire.BatchSummary[]> {
    return this.http.json('GET', '/batches', { ...options, query: filter });
  }

  /** The tasks of a batch, and which waits for which. */
  dag(batchId: string, options?: RequestOptions): Promise<wire.Dag> {
    return this.http.json('GET', `/dag/${part(batchId)}`, options);
  }

  /** Cancels every task of a batch that has not ended. */
  stop(batchId: string, options?: RequestOptions): Promise<wire.Stopped> {
    return this.http.json('DELETE', `/batch/${part(batchId)}`, options);
  }

  /** Replaces the rules of a batch's unfinished tasks of one kind; none removes them. */
  updateRules(batchId: string, kind: string, rules: wire.Rule[], options?: RequestOptions): Promise<wire.RulesUpdated> {
    return this.http.json('PATCH', `/batch/${part(batchId)}/rules`, { ...options, body: { kind, rules } });
  }

  /** A page of calls to receivers, last changed first. */
  deliveries(filter?: wire.DeliveryFilter, options?: RequestOptions): Promise<wire.Delivery[]> {
    return this.http.json('GET', '/webhook-deliveries', { ...options, query: filter });
  }

  /** Sends a notification again that was given up. */
  replay(deliveryId: string, options?: RequestOptions): Promise<void> {
    return this.http.json('POST', `/webhook-deliveries/${part(deliveryId)}/replay`, options);
  }

  /** Sends all of them again that were given up, a thousand a call. */
  replayExhausted(filter?: wire.ReplayFilter, options?: RequestOptions): Promise<wire.Replayed> {
    return this.http.json('POST', '/webhook-deliveries/replay', { ...options, query: filter });
  }

  /**
   * The changes of a batch's tasks as they come, over server-sent events. A stream that breaks is resumed where it ended;
   * it goes on until the iteration is left or the signal aborts.
   */
  events(batchId: string, options: LiveOptions = {}): AsyncGenerator<LiveEvent, never> {
    return events(this.http, batchId, options);
  }

  /**
   * Resolves to the statistics of a batch whose tasks have all ended, however they did: look at `status_counts`. It hears of
   * changes by events, and looks by itself every second where they do not get through. A service that is away for a
   * while is waited for. Rejects with 404 if there is no such batch, as when all tasks of a request were left out as duplicates.
   */
  waitForBatch(id: string, options: WaitOptions = {}): Promise<wire.BatchStats> {
    const stats = (signal: AbortSignal) => this.batch(id, { signal });
    return untilEnded({ stats, events: (signal) => this.events(id, { signal }) }, options);
  }
}

const part = encodeURIComponent;
