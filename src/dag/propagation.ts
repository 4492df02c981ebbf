import { Injectable } from '@nestjs/common';
import type { Tx } from '../database/statement';
import { deadEndsFrom } from './dead-end';
import { type LockedRow, lockFootprint, lockWithChildren } from './sql/lock';
import { findAncestors, findDeadEnds } from './sql/dead-ends';
import { findFailedDescendants } from './sql/descendants';

/**
 * Finds the tasks that the end of others affects. It reads and locks only: `Finish` (task/finish/finish.ts) ends tasks,
 * completes batches and queues notifications.
 */
@Injectable()
export class Propagation {
  /**
   * Locks tasks and everything that the end of some may affect (their footprint). To be called before anything changes.
   * @param ids all tasks that change in this transaction.
   * @param ending those that may end.
   * @param failing those that may fail or be canceled.
   * @returns the locked rows of the whole footprint.
   */
  lock(tx: Tx, ids: string[], { ending, failing }: { ending: string[]; failing: string[] }): Promise<LockedRow[]> {
    return failing.length > 0 ? tx.run(lockFootprint, ids, ending, failing) : tx.run(lockWithChildren, ids, ending);
  }

  /** Returns the descendants that fail because these tasks did not succeed, each with a parent to name in the reason. */
  async failedDescendants(tx: Tx, failed: string[]): Promise<{ id: string; parentId: string }[]> {
    const rows = await tx.run(findFailedDescendants, failed);
    const roots = new Set(failed);
    const all = new Set(rows.map(({ id }) => id));
    return rows
      .filter(({ id }) => !roots.has(id))
      .map(({ id, parents }) => ({ id, parentId: parents.find((parent) => all.has(parent))! }));
  }

  /** Returns all ancestors that the end of these tasks turns into dead ends, to the top of the graph. */
  async deadEndsAbove(tx: Tx, ended: string[]): Promise<string[]> {
    const first = (await tx.run(findDeadEnds, ended)).map(({ id }) => id);
    return first.length > 0 ? deadEndsFrom(first, await tx.run(findAncestors, [...ended, ...first])) : [];
  }
}
