import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { Conflict, taskNotFound } from '../../domain/errors';
import { Wakeups } from '../../loops/wakeups';
import { currentAttempts } from '../sql/add-progress';
import { reschedule } from '../sql/delay';

/** Moves the start of tasks that have not started. */
@Injectable()
export class Reschedule {
  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
  ) {}

  /**
   * Lets a task, or its next attempt, start at `runAt`, or now if it is null.
   * @param attempt that must be the current one, if given.
   * @throws {NotFound} when the task does not exist.
   * @throws {Conflict} when it has started or ended, or is at another attempt.
   */
  async to(id: string, runAt: Date | null, attempt?: number): Promise<void> {
    const [moved] = await this.database.run(reschedule, id, runAt, attempt ?? null);
    if (!moved) throw await this.refusal(id, attempt);
    this.wakeups.wake('due');
  }

  /** Reads the task again: it may have started while the statement waited for its claim, and looked different before. */
  private async refusal(id: string, attempt?: number): Promise<Error> {
    const [current] = await this.database.run(currentAttempts, [id]);
    if (!current) return taskNotFound(id);
    const { attempt: current_attempt, status: current_status } = current;
    const sentence =
      (attempt ?? current_attempt) === current_attempt
        ? `Only a task that has not started can be moved: it is ${current_status}`
        : `Attempt ${attempt} is not the current one, which is attempt ${current_attempt}`;
    return new Conflict(sentence, { current_attempt, current_status });
  }
}
