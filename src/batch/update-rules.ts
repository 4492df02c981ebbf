import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { Database } from '../database/database';
import { batchNotFound } from '../domain/errors';
import type { Rule } from '../domain/rule';
import { Wakeups } from '../loops/wakeups';
import { registerKinds } from '../rules/sql/kinds';
import { batchHasTasks, lockUnfinished, updateRules } from './sql/update-rules';

/** Replaces the rules of unfinished tasks. */
@Injectable()
export class UpdateRules {
  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @param actor of the audit log.
   * @returns how many tasks have the new rules, also if they had them before.
   * @throws {NotFound} when the batch does not exist or has no tasks.
   */
  async ofKind(batchId: string, kind: string, rules: readonly Rule[], actor: string | null): Promise<number> {
    const updated = await this.database.transaction(async (tx) => {
      if (rules.length > 0) {
        await tx.run(
          registerKinds,
          rules.map(({ matcher }) => matcher.kind),
          rules.map(({ matcher }) => matcher.status !== 'Running'),
        );
      }
      const ids = (await tx.run(lockUnfinished, batchId, kind)).map(({ id }) => id);
      const changed = await tx.run(updateRules, ids, rules.length > 0 ? JSON.stringify(rules) : null);
      const details = { kind, tasks: changed.length };
      if (changed.length > 0) this.audit.record(tx, { action: 'update_rules', actor, batchId, details });
      return ids;
    });
    if (updated.length > 0) this.wakeups.wake('start');
    else if (!(await this.database.run(batchHasTasks, batchId))[0].exists) {
      throw batchNotFound(batchId);
    }
    return updated.length;
  }
}
