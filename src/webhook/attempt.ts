import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { type Action, TRIGGER_OF } from '../domain/action';
import { isObject } from '../domain/json';
import { backoff } from '../domain/pauses';
import type { Answer } from './call';
import { WebhookClient } from './client';
import type { DueRow } from './sql/claim-due';
import type { Mark } from './sql/mark';

const GONE = 410;
/** A delivery waits as long as its receiver asks, but for no more than a day: it could ask for a century. */
const LONGEST_DELAY_SECS = 86_400;

/** What became of an attempt. */
export interface Attempted {
  mark: Mark;
  /** Absent when no call was made. */
  answer?: Answer;
}

/** One attempt to deliver a notification. */
@Injectable()
export class Attempt {
  private readonly logger = new Logger('Delivery');

  constructor(
    private readonly client: WebhookClient,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Makes the call; answers what is to be put on record. */
  async make(row: DueRow): Promise<Attempted> {
    const { key, attempts, action, notice, completion, trace, task_id } = row;
    if (!action) return { mark: { key, attempts, outcome: 'exhausted', last_error: 'The task is gone' } };
    const answer = await this.client.send({
      params: notice === 'complete' ? withCompletion(action, completion) : action.params,
      key,
      trigger: TRIGGER_OF[notice],
      taskId: task_id ?? undefined,
      attempt: attempts,
      trace,
      timeoutSecs: this.config.delivery.timeoutSecs,
    });
    const { status: last_status } = answer;
    const last_error = reasonOf(answer);
    if (answer.ok) return { mark: { key, attempts, outcome: 'success', last_status }, answer };
    // No call was made, so nothing is known of the host.
    if (answer.uncallable) return { mark: { key, attempts, ...this.failed(row, answer), last_error } };
    return { mark: { key, attempts, ...this.failed(row, answer), last_status, last_error }, answer };
  }

  private failed(
    row: DueRow,
    { status, uncallable, error, retryAfterSecs = 0 }: Answer,
  ): Pick<Mark, 'outcome' | 'delay_secs'> {
    const { key, attempts, task_id, batch_id } = row;
    const { maxAttempts, backoffBaseSecs, backoffCapSecs } = this.config.delivery;
    const about = { key, attempts, task_id, batch_id };
    // Whoever says that this address is gone for good does not want to be asked again.
    if (attempts >= maxAttempts || status === GONE || uncallable) {
      this.logger.warn(`Notification given up: ${error}`, about);
      return { outcome: 'exhausted' };
    }
    this.logger.debug(`Notification not delivered: ${error}`, about);
    const asked = Math.min(retryAfterSecs, LONGEST_DELAY_SECS);
    return { outcome: 'retry', delay_secs: Math.max(asked, backoff(backoffBaseSecs, backoffCapSecs, attempts)) };
  }
}

/** Says what went wrong, and for how long the receiver wants to be left alone. */
function reasonOf({ error, retryAfterSecs }: Answer): string | undefined {
  return retryAfterSecs === undefined ? error : `${error} with Retry-After: ${Math.ceil(retryAfterSecs)} s`;
}

/** The body of `on_batch_complete`: the action's own members, or else its body as one, and `arcrun` beside them. */
function withCompletion({ params }: Action, completion: unknown): Action['params'] {
  const { body } = params;
  return { ...params, body: { ...(body === undefined || isObject(body) ? body : { body }), arcrun: completion } };
}
