import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { InvalidRequest, NotFound } from '../../domain/errors';
import { Wakeups } from '../../loops/wakeups';
import { Metrics } from '../../metrics/metrics';
import { pause, resume } from '../sql/pause';
import { AfterCommit } from '../finish/after-commit';

/** Pausing and resuming tasks. */
@Injectable()
export class Pause {
  constructor(
    private readonly database: Database,
    private readonly afterCommit: AfterCommit,
    private readonly wakeups: Wakeups,
    private readonly metrics: Metrics,
  ) {}

  /**
   * @throws {NotFound} when there is no such task.
   * @throws {InvalidRequest} when it is paused already or has ended.
   */
  async pause(id: string): Promise<void> {
    const [row] = await this.database.run(pause, id);
    if (!row) throw new NotFound(`There is no task ${id}`);
    if (!row.done) throw new InvalidRequest(`The task cannot be paused: it is ${row.status}`);
    this.metrics.tasks.moved(row.status, 'Paused');
    if (row.ruled) this.afterCommit.mayAdmitOthers([row]);
  }

  /**
   * @throws {NotFound} when there is no such task.
   * @throws {InvalidRequest} when it is not paused.
   */
  async resume(id: string): Promise<void> {
    const [row] = await this.database.run(resume, id);
    if (!row) throw new NotFound(`There is no task ${id}`);
    if (!row.done) throw new InvalidRequest(`The task cannot be resumed: it is ${row.status}`);
    this.metrics.tasks.moved('Paused', row.status);
    if (row.status === 'Pending') this.wakeups.wake('start');
    if (row.ruled) this.afterCommit.mayAdmitOthers([row]);
  }
}
