import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { type Action, TRIGGER_OF } from '../domain/action';
import { isObject } from '../domain/json';
import { backoffSecs } from './backoff';
import type { Answer } from './call';
import { WebhookClient } from './client';
import { LONGEST_WISH_SECS } from './destinations';
import type { DueRow } from './sql/claim-due';
import type { Mark } from './sql/mark';

const GONE = 410;

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
  async make({ key, attempts, action, notice, completion, trace, task_id, batch_id }: DueRow): Promise<Attempted> {
    const seen = { key, attempts, last_status: null, last_error: null, delay_secs: null };
    if (!action) return { mark: { ...seen, outcome: 'exhausted', last_error: 'The task is gone' } };
    const answer = await this.client.send({
      params: notice === 'complete' ? withCompletion(action, completion) : action.params,
      key,
      trigger: TRIGGER_OF[notice],
      taskId: task_id ?? undefined,
      attempt: attempts,
      trace,
      timeoutSecs: this.config.delivery.timeoutSecs,
    });
    const { ok, status, error, retryAfterSecs = 0 } = answer;
    const answered = { ...seen, last_status: status ?? null, last_error: error ?? null };
    if (ok) return { mark: { ...answered, outcome: 'success' }, answer };
    const about = { key, attempts, task_id, batch_id };
    // Whoever says that this address is gone for good does not want to be asked again.
    if (attempts >= this.config.delivery.maxAttempts || status === GONE) {
      this.logger.warn(`Notification given up: ${error}`, about);
      return { mark: { ...answered, outcome: 'exhausted' }, answer };
    }
    this.logger.debug(`Notification not delivered: ${error}`, about);
    const asked = Math.min(retryAfterSecs, LONGEST_WISH_SECS);
    const delay_secs = Math.max(asked, backoffSecs(attempts, this.config.delivery));
    return { mark: { ...answered, outcome: 'retry', delay_secs }, answer };
  }
}

/** The body of `on_batch_complete`: the action's own members, and `arcrun` beside them. */
function withCompletion({ params }: Action, completion: unknown): Action['params'] {
  return { ...params, body: { ...(isObject(params.body) ? params.body : {}), arcrun: completion } };
}
