import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { type Action, TRIGGER_OF } from '../domain/action';
import { isObject } from '../domain/json';
import { backoffSecs } from './backoff';
import { WebhookClient } from './client';
import type { DueRow } from './sql/claim-due';
import type { Mark } from './sql/mark';

/** One attempt to deliver a notification. */
@Injectable()
export class Attempt {
  private readonly logger = new Logger('Delivery');

  constructor(
    private readonly client: WebhookClient,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Makes the call; answers what is to be put on record. */
  async make({ key, attempts, action, notice, completion, task_id, batch_id }: DueRow): Promise<Mark> {
    const seen = { key, attempts, last_status: null, last_error: null, delay_secs: null };
    if (!action) return { ...seen, outcome: 'exhausted', last_error: 'The task is gone' };
    const { ok, status, error } = await this.client.send({
      params: notice === 'complete' ? withCompletion(action, completion) : action.params,
      key,
      trigger: TRIGGER_OF[notice],
      taskId: task_id ?? undefined,
      timeoutSecs: this.config.delivery.timeoutSecs,
    });
    const answered = { ...seen, last_status: status ?? null, last_error: error ?? null };
    if (ok) return { ...answered, outcome: 'success' };
    const about = { key, attempts, task_id, batch_id };
    if (attempts >= this.config.delivery.maxAttempts) {
      this.logger.warn(`Notification given up: ${error}`, about);
      return { ...answered, outcome: 'exhausted' };
    }
    this.logger.debug(`Notification not delivered: ${error}`, about);
    return { ...answered, outcome: 'retry', delay_secs: backoffSecs(attempts, this.config.delivery) };
  }
}

/** The body of `on_batch_complete`: the action's own members, and `arcrun` beside them. */
function withCompletion({ params }: Action, completion: unknown): Action['params'] {
  return { ...params, body: { ...(isObject(params.body) ? params.body : {}), arcrun: completion } };
}
