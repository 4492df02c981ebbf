import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { idempotencyKey } from '../../domain/action';
import { persist } from '../../loops/persist';
import type { Answer } from '../../webhook/call';
import { WebhookClient } from '../../webhook/client';
import { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { destinationOf } from '../../webhook/target';
import type { ClaimedRow } from '../sql/claim';
import type { StartResult } from './start-result';
import { NOTHING_SAID, startAnswerOf } from './start-answer';
import { ReportCoalescer } from '../report/report-coalescer';

const ACCEPTED: Answer = { ok: true };

/** One call of `on_start`: made, unless it has succeeded before, and its answer put on record. */
@Injectable()
export class StartCall {
  private readonly logger = new Logger(StartCall.name);

  constructor(
    private readonly client: WebhookClient,
    private readonly targets: TargetPolicy,
    private readonly reports: ReportCoalescer,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Makes the call; answers how it went. */
  async make(task: ClaimedRow): Promise<StartResult> {
    const { id, batch_id, on_start, trace, claimed_at, start_calls, accepted } = task;
    const { ok, status, error, body } = accepted ? ACCEPTED : await this.send(task);
    const warn = (fault: string) => this.logger.warn(fault, { task_id: id, batch_id });
    if (!ok) warn(`Start refused: ${error}`);
    const { actionsPerTask } = this.config.limits;
    const { onCancel, result } = ok ? startAnswerOf(id, body, this.targets, actionsPerTask, warn) : NOTHING_SAID;
    return {
      id,
      batchId: batch_id,
      url: destinationOf(on_start).url,
      trace,
      claimedAt: claimed_at,
      calls: start_calls,
      ok,
      status,
      error,
      known: accepted,
      onCancel,
      result,
    };
  }

  /**
   * Resolves when the answer is on record. It never rejects: what cannot be recorded leaves the claim in the database,
   * which is given back when it has grown stale.
   * @param givenUp asked before each repetition while the database is away; true when the process is about to end.
   */
  async record(result: StartResult, givenUp: () => boolean): Promise<void> {
    try {
      await persist(() => this.reports.recordStart(result), givenUp);
    } catch (error) {
      this.logger.error('A start call could not be put on record', { task_id: result.id, error: String(error) });
    }
  }

  private send({ id, on_start, start_calls, trace }: ClaimedRow): Promise<Answer> {
    return this.client.send({
      params: on_start?.params,
      key: idempotencyKey(id, 'start'),
      trigger: 'start',
      taskId: id,
      attempt: start_calls,
      trace,
      timeoutSecs: this.config.webhookTimeoutSecs,
    });
  }
}
