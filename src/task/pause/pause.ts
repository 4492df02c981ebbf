import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { InvalidRequest, taskNotFound } from '../../domain/errors';
import { Metrics } from '../../metrics/metrics';
import { pause, resume } from '../sql/pause';
import { AfterCommit } from '../finish/after-commit';

/** Pauses and resumes tasks. */
@Injectable()
export class Pause {
  constructor(
    private readonly database: Database,
    private readonly afterCommit: AfterCommit,
    private readonly metrics: Metrics,
  ) {}

  /**
   * @throws {NotFound} when the task does not exist.
   * @throws {InvalidRequest} when it is paused already or has ended.
   */
  async pause(id: string): Promise<void> {
    const [row] = await this.database.run(pause, id);
    if (!row) throw taskNotFound(id);
    if (!row.done) throw new InvalidRequest(`The task cannot be paused: it is ${row.status}`);
    this.metrics.tasks.moved(row.status, 'Paused');
    if (row.ruled) this.afterCommit.openRuleKeys([row]);
  }

  /**
   * @throws {NotFound} when the task does not exist.
   * @throws {InvalidRequest} when it is not paused.
   */
  async resume(id: string): Promise<void> {
    const [row] = await this.database.run(resume, id);
    if (!row) throw taskNotFound(id);
    if (!row.done) throw new InvalidRequest(`The task cannot be resumed: it is ${row.status}`);
    this.metrics.tasks.moved('Paused', row.status);
    if (row.status === 'Pending') this.afterCommit.pending([row]);
    if (row.ruled) this.afterCommit.openRuleKeys([row]);
  }
}
