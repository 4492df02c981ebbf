import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { persist } from '../../loops/persist';
import type { Answer } from '../../webhook/answer';
import type { Call } from '../../webhook/call';
import { CallContext } from '../../webhook/call-context';
import { WebhookClient } from '../../webhook/client';
import { callKey } from '../../webhook/call-key';
import { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { destinationOf } from '../../webhook/target';
import type { ClaimedRow } from '../sql/claim';
import type { StartResult } from './start-result';
import { contentOf, NO_CONTENT, startAnswerOf } from './start-answer';
import { ReportCoalescer } from '../report/report-coalescer';

const ACCEPTED: Answer = { ok: true };
const GONE = 410;
/** Statuses whose `Retry-After` sets the pause before the next attempt. */
const NOT_NOW: readonly (number | undefined)[] = [429, 503];

/** Makes start calls and records their results. A start call that has succeeded before is not repeated. */
@Injectable()
export class StartCall {
  private readonly logger = new Logger(StartCall.name);

  constructor(
    private readonly client: WebhookClient,
    private readonly context: CallContext,
    private readonly targets: TargetPolicy,
    private readonly reports: ReportCoalescer,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Calls `on_start` of a claimed task.
   * @param givenUp asked while the database is away and the call needs a context; true when the process is about to end
   * @returns undefined if no call was made: the claim was lost, or no context could be read; a stale claim is requeued
   */
  async make(task: ClaimedRow, givenUp: () => boolean): Promise<StartResult | undefined> {
    if (task.accepted) return this.resultOf(task, ACCEPTED);
    const call = task.on_start?.context ? await this.callWithContext(task, givenUp) : this.callOf(task);
    return call && this.resultOf(task, await this.client.send(call));
  }

  /** Does the same for claimed tasks in one request. They have the same group key, and none was accepted before. */
  async makeGroup(tasks: readonly ClaimedRow[], givenUp: () => boolean): Promise<(StartResult | undefined)[]> {
    const calls = tasks.some(({ on_start }) => on_start.context)
      ? await Promise.all(tasks.map((task) => this.callWithContext(task, givenUp)))
      : tasks.map((task) => this.callOf(task));
    const made = calls.filter((call) => call !== undefined);
    const answers = made.length > 0 ? await this.client.sendGroup(made) : [];
    return calls.map((call, i) => call && this.resultOf(tasks[i], answers.shift()!));
  }

  /**
   * Records a start result. Never rejects: without a record, the claim becomes stale and is requeued.
   * @param givenUp asked before each retry while the database is away; returns true when the process is about to end
   */
  async record(result: StartResult, givenUp: () => boolean): Promise<void> {
    try {
      await persist(() => this.reports.recordStart(result), givenUp);
    } catch (error) {
      this.logger.error('A start result could not be recorded', { task_id: result.id, error: String(error) });
    }
  }

  private async callWithContext(task: ClaimedRow, givenUp: () => boolean): Promise<Call | undefined> {
    const { id, attempt, on_start, start_calls } = task;
    if (!on_start.context) return this.callOf(task);
    const params = await this.context.paramsOf(on_start, { taskId: id, attempt, startCalls: start_calls }, givenUp);
    return params === null ? undefined : this.callOf(task, params);
  }

  /** Not asynchronous, as most calls have no context: each promise would cost them time. */
  private callOf({ id, batch_id, attempt, on_start, start_calls, trace }: ClaimedRow, params = on_start?.params): Call {
    return {
      params,
      key: callKey(id, 'start', attempt),
      trigger: 'start',
      taskId: id,
      batchId: batch_id,
      attempt,
      tries: start_calls,
      trace,
      timeoutSecs: this.config.webhookTimeoutSecs,
    };
  }

  private resultOf(task: ClaimedRow, answer: Answer): StartResult {
    const { id, batch_id, attempt, on_start, trace, claimed_at, start_calls, accepted } = task;
    const { ok, status, error, durationMs, excerpt, retryAfterSecs } = answer;
    const { url, host } = destinationOf(on_start);
    const warn = (fault: string) => this.logger.warn(fault, { task_id: id, batch_id, host });
    if (!ok) warn(`Start call failed: ${error}`);
    const { actionsPerTask } = this.config.limits;
    const { onCancel, result } = ok
      ? startAnswerOf({ id, attempt }, contentOf(answer, warn), this.targets, actionsPerTask, warn)
      : NO_CONTENT;
    return {
      id,
      batchId: batch_id,
      attempt,
      url,
      trace,
      claimedAt: claimed_at,
      calls: start_calls,
      ok,
      status,
      error,
      durationMs,
      excerpt,
      isGone: status === GONE,
      retryAfterSecs: NOT_NOW.includes(status) ? retryAfterSecs : undefined,
      alreadyRecorded: accepted,
      onCancel,
      result,
    };
  }
}
