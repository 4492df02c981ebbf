import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { Conflict, taskNotFound } from '../../domain/errors';
import { Wakeups } from '../../loops/wakeups';
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
    const [row] = await this.database.run(reschedule, id, runAt);
    if (!row) throw taskNotFound(id);
    const { done, status: current_status, attempt: current_attempt } = row;
    if (!done)
      throw new Conflict(`Only a task that has not started can be moved: it is ${current_status}`, {
        current_attempt,
        current_status,
      });
    this.wakeups.wake('due');
  }
}
