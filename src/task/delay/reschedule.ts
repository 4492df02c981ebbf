import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { Conflict, taskNotFound } from '../../domain/errors';
import { Wakeups } from '../../loops/wakeups';
import { notCurrent } from '../report/outcome';
import { currentAttempts } from '../sql/attempts';
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
    if (attempt !== undefined && attempt !== current.attempt) return notCurrent(attempt, current);
    return new Conflict(`Only a task that has not started can be moved: it is ${current.status}`, {
      current_attempt: current.attempt,
      current_status: current.status,
    });
  }
}
