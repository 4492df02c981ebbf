import { Injectable, Logger } from '@nestjs/common';
import type { Tx } from '../database/statement';
import type { Audited } from './actions';
import { recordEntry } from './sql/record';

/** An action that changed something. */
export interface AuditEntry {
  action: Audited;
  /** Name of the client's token; null while no token is configured. */
  actor: string | null;
  batchId?: string | null;
  taskId?: string | null;
  schedule?: string;
  /** What else is worth knowing, as members of a JSON object. */
  details?: Record<string, string | number | boolean>;
}

/** Keeps who changed what. */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger('Audit');

  /** Records an action in the transaction of its effect, and logs it after the commit. */
  record(tx: Tx, { action, actor, batchId = null, taskId = null, schedule, details }: AuditEntry): void {
    const written = details ? JSON.stringify(details) : null;
    tx.defer(recordEntry, actor, action, batchId, taskId, schedule ?? null, written);
    const subject = {
      ...(batchId && { batch_id: batchId }),
      ...(taskId && { task_id: taskId }),
      ...(schedule && { schedule }),
    };
    tx.afterCommit(() => this.logger.log(action, { actor, ...subject, ...details }));
  }
}
