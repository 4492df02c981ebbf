import { Injectable } from '@nestjs/common';
import type { Tx } from '../database/statement';
import { climb } from './dead-end';
import { type LockedRow, lockFootprint, lockWithChildren } from './sql/lock';
import { ancestry, deadEnds } from './sql/dead-ends';
import { failedDescendants } from './sql/descendants';

/**
 * How an end travels through the graph. It knows links and says what follows; ending the tasks that follow, telling
 * anyone and booking batches is not its business (see task/lifecycle/finish.ts).
 */
@Injectable()
export class Propagation {
  /**
   * Locks tasks and all that the end of some of them may touch; to be called before anything changes.
   * @param ids all tasks that change in this transaction.
   * @param ending those that may end by it.
   * @param failing those of them that may end other than by success.
   * @returns the locked state of all tasks of the footprint, the wider circle included.
   */
  lock(tx: Tx, ids: string[], { ending, failing }: { ending: string[]; failing: string[] }): Promise<LockedRow[]> {
    return failing.length > 0 ? tx.run(lockFootprint, ids, ending, failing) : tx.run(lockWithChildren, ids, ending);
  }

  /** Tasks that fall with these, which ended badly, and for each a parent to name as the reason. */
  async failedDescendants(tx: Tx, lost: string[]): Promise<{ id: string; parentId: string }[]> {
    const rows = await tx.run(failedDescendants, lost);
    const roots = new Set(lost);
    const all = new Set(rows.map(({ id }) => id));
    return rows
      .filter(({ id }) => !roots.has(id))
      .map(({ id, parents }) => ({ id, parentId: parents.find((parent) => all.has(parent))! }));
  }

  /** All ancestors that the end of these tasks has made pointless, to the top of the graph. */
  async deadEndsAbove(tx: Tx, ended: string[]): Promise<string[]> {
    const first = (await tx.run(deadEnds, ended)).map(({ id }) => id);
    return first.length > 0 ? climb(first, await tx.run(ancestry, [...ended, ...first])) : [];
  }
}
