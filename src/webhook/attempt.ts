import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { type Action, TRIGGER_OF } from '../domain/action';
import { isObject } from '../domain/json';
import { backoff } from '../domain/backoff';
import type { Answer } from './answer';
import type { Call } from './call';
import { CallContext } from './call-context';
import { WebhookClient } from './client';
import type { LeasedRow } from './sql/lease-due';
import type { AttemptRecord } from './sql/record-attempts';
import { destinationOf } from './target';

const GONE = 410;
/** Upper limit for a `Retry-After`: a receiver could ask for a century. */
const LONGEST_DELAY_SECS = 86_400;

/** The result of an attempt to deliver notifications. */
export interface Attempted {
  /** One for each notification, in the same order; undefined if no context could be read before the end of its lease. */
  records: (AttemptRecord | undefined)[];
  /** What it says about the host; absent if no call was made. */
  answer?: Answer;
}

/** One attempt to deliver a notification, or several in one request. */
@Injectable()
export class Attempt {
  private readonly logger = new Logger('Delivery');

  constructor(
    private readonly client: WebhookClient,
    private readonly context: CallContext,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Makes the call and decides whether each notification is delivered, retried or exhausted.
   * @param rows have the same group key, or there is just one
   * @param givenUp asked while the database is away and a call needs a context; true when the process is about to end
   */
  async make(rows: readonly LeasedRow[], givenUp: () => boolean): Promise<Attempted> {
    const [{ key, attempts, action }] = rows;
    if (!action) return { records: [{ key, attempts, outcome: 'exhausted', last_error: 'The task has been removed' }] };
    const calls = rows.some((row) => row.action!.context)
      ? await Promise.all(rows.map((row) => this.callWithContext(row, row.action!, givenUp)))
      : rows.map((row) => this.callOf(row, row.action!));
    const made = calls.filter((call) => call !== undefined);
    if (made.length === 0) return { records: [] };
    const answers = action.group ? await this.client.sendGroup(made) : [await this.client.send(made[0])];
    const [answer] = answers;
    const records = calls.map((call, i) => call && this.recordOf(rows[i], answers.shift()!));
    // Without a call, nothing is known of the host. Refusals of single calls in a group say nothing about it either.
    return answer.uncallable ? { records } : { records, answer };
  }

  private async callWithContext(row: LeasedRow, action: Action, givenUp: () => boolean): Promise<Call | undefined> {
    if (!action.context) return this.callOf(row, action);
    const { attempt, task_id, leased_until } = row;
    const isOver = () => performance.now() > leased_until;
    const params = await this.context.paramsOf(action, { taskId: task_id!, attempt }, () => givenUp() || isOver());
    return params === null || isOver() ? undefined : this.callOf(row, action, params);
  }

  /** Not asynchronous, as most calls have no context: each promise would cost them time. */
  private callOf(row: LeasedRow, action: Action, params = action.params): Call {
    const { key, attempt, attempts, notice, completion, trace, task_id, batch_id } = row;
    return {
      params: notice === 'complete' ? withCompletion(action, completion) : params,
      key,
      trigger: TRIGGER_OF[notice],
      taskId: task_id ?? undefined,
      batchId: batch_id,
      attempt,
      tries: attempts,
      trace,
      timeoutSecs: this.config.delivery.timeoutSecs,
    };
  }

  private recordOf(row: LeasedRow, answer: Answer): AttemptRecord {
    const { key, attempts } = row;
    const { status: last_status, durationMs: duration_ms, excerpt: answered } = answer;
    if (answer.ok) return { key, attempts, outcome: 'success', last_status, duration_ms, answered };
    return {
      key,
      attempts,
      ...this.failed(row, answer),
      last_status,
      last_error: reasonOf(answer),
      duration_ms,
      answered,
    };
  }

  private failed(
    { key, attempts, action, task_id, batch_id }: LeasedRow,
    { status, uncallable, error, retryAfterSecs = 0 }: Answer,
  ): Pick<AttemptRecord, 'outcome' | 'delay_secs'> {
    const { maxAttempts, backoffBaseSecs, backoffCapSecs } = this.config.delivery;
    const about = { key, attempts, task_id, batch_id, host: action && destinationOf(action).host };
    // 410 says that the URL is gone for good.
    if (attempts >= maxAttempts || status === GONE || uncallable) {
      this.logger.warn(`Notification exhausted: ${error}`, about);
      return { outcome: 'exhausted' };
    }
    this.logger.debug(`Notification not delivered: ${error}`, about);
    const requested = Math.min(retryAfterSecs, LONGEST_DELAY_SECS);
    return { outcome: 'retry', delay_secs: Math.max(requested, backoff(backoffBaseSecs, backoffCapSecs, attempts)) };
  }
}

/** Returns the error, and the delay that the receiver asked for. */
function reasonOf({ error, retryAfterSecs }: Answer): string | undefined {
  return !retryAfterSecs ? error : `${error} with Retry-After: ${Math.ceil(retryAfterSecs)} s`;
}

/**
 * Returns the params of `on_batch_complete` with `arcrun` added to the body. A body that is not an object becomes its member
 * `body`.
 */
function withCompletion({ params }: Action, completion: unknown): Action['params'] {
  const { body } = params;
  return { ...params, body: { ...(body === undefined || isObject(body) ? body : { body }), arcrun: completion } };
}
