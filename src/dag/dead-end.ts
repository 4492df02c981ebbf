/** An unfinished task above one that has ended, or that task itself, as dead ends are found by. */
export interface AncestorRow {
  id: string;
  ended: boolean;
  dead_end_barrier: boolean;
  /** Children that have not ended. */
  open_children: number;
  /** Parents that have not ended. */
  parents: string[];
}

/**
 * All ancestors that become pointless because every child of theirs ends: the first ones, and step by step what is
 * above them. A barrier that is canceled so stops the climb, but its parents have one child less to wait for.
 * @param first those that are pointless already, whose end begins the climb.
 * @param ancestors these, the tasks that ended below them, and everything unfinished above.
 */
export function climb(first: readonly string[], ancestors: readonly AncestorRow[]): string[] {
  const byId = new Map(ancestors.map((row) => [row.id, { ...row }]));
  const reached = new Set(ancestors.filter(({ ended }) => ended).flatMap(({ parents }) => parents));
  const pointless = new Set(first);
  // A set is gone through in the order of insertion, what is added on the way included.
  for (const id of pointless) {
    const { parents, dead_end_barrier } = byId.get(id)!;
    for (const parent of parents) {
      const above = byId.get(parent)!;
      above.open_children--;
      if (!dead_end_barrier) reached.add(parent);
      if (above.open_children === 0 && reached.has(parent)) pointless.add(parent);
    }
  }
  return [...pointless];
}
