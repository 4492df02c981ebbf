import { Injectable, Logger } from '@nestjs/common';
import { Wakeups } from '../../loops/wakeups';
import type { Finished } from './finish';

/** What is said and woken after a commit; never before it, for a transaction may start again or fail. */
@Injectable()
export class Aftermath {
  private readonly logger = new Logger('Task');

  constructor(private readonly wakeups: Wakeups) {}

  tell({ ended, released, queued }: Finished): void {
    if (released.length > 0) this.wakeups.wake('start');
    if (queued > 0) this.wakeups.wake('delivery');
    for (const { id, batch_id, kind, status, was, ending } of ended) {
      this.logger.debug({ message: `Task ${ending}`, task_id: id, batch_id, kind, from: was, to: status });
    }
  }
}
