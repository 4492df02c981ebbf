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
   * @throws {NotFound} when the task does not exist.
   * @throws {Conflict} when it has started or ended.
   */
  async to(id: string, runAt: Date | null): Promise<void> {
    const [moved] = await this.database.run(reschedule, id, runAt);
    if (!moved) throw await this.refusal(id);
    this.wakeups.wake('due');
  }

  /** Reads the task again: it may have started while the statement waited for its claim, and looked different before. */
  private async refusal(id: string): Promise<Error> {
    const [current] = await this.database.run(currentAttempts, [id]);
    if (!current) return taskNotFound(id);
    const { attempt: current_attempt, status: current_status } = current;
    return new Conflict(`Only a task that has not started can be moved: it is ${current_status}`, {
      current_attempt,
      current_status,
    });
  }
}
