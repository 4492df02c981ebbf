/** A task above an ended one, or an ended one itself, with the data that dead ends depend on. */
export interface AncestorRow {
  id: string;
  ended: boolean;
  dead_end_barrier: boolean;
  /** Number of children that have not ended. */
  open_children: number;
  /** Parents that have not ended. */
  parents: string[];
}

/**
 * Returns all dead ends: the first ones, and step by step the ancestors whose children have all ended by then. A canceled
 * task with a barrier cancels no parents, but they have one open child less.
 * @param first the dead ends found in the database.
 * @param ancestors the first dead ends, the ended tasks below them, and everything unfinished above.
 */
export function deadEndsFrom(first: readonly string[], ancestors: readonly AncestorRow[]): string[] {
  const byId = new Map(ancestors.map((row) => [row.id, { ...row }]));
  const reached = new Set(ancestors.filter(({ ended }) => ended).flatMap(({ parents }) => parents));
  const deadEnds = new Set(first);
  // A set is iterated in the order of insertion, members added during the iteration included.
  for (const id of deadEnds) {
    const { parents, dead_end_barrier } = byId.get(id)!;
    for (const parent of parents) {
      const above = byId.get(parent)!;
      above.open_children--;
      if (!dead_end_barrier) reached.add(parent);
      if (above.open_children === 0 && reached.has(parent)) deadEnds.add(parent);
    }
  }
  return [...deadEnds];
}
