interface Edge {
  parent_id: string;
  child_id: string;
}

/** Tasks of a path shown in an error; the middle of a longer one is left out. */
const MAX_SHOWN = 12;

/**
 * Returns a cycle of links as a path that begins and ends with the same task; undefined if there is none.
 * @param from tasks to search from; every cycle that matters passes one of them.
 */
export function findCycle(links: readonly Edge[], from: readonly string[]): string[] | undefined {
  const children = new Map<string, string[]>();
  for (const { parent_id, child_id } of links) {
    const known = children.get(parent_id);
    if (known) known.push(child_id);
    else children.set(parent_id, [child_id]);
  }
  const done = new Set<string>();
  for (const start of from) {
    const cycle = cycleFrom(start, children, done);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Searches depth first, without recursion: a path may be as long as a batch. */
function cycleFrom(
  start: string,
  children: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): string[] | undefined {
  const path: { id: string; next: number }[] = [{ id: start, next: 0 }];
  const onPath = new Set([start]);
  while (path.length > 0) {
    const last = path.at(-1)!;
    const child = children.get(last.id)?.[last.next++];
    if (child === undefined) {
      done.add(last.id);
      onPath.delete(last.id);
      path.pop();
    } else if (onPath.has(child)) {
      const ids = path.map(({ id }) => id);
      return [...ids.slice(ids.indexOf(child)), child];
    } else if (!done.has(child)) {
      path.push({ id: child, next: 0 });
      onPath.add(child);
    }
  }
  return undefined;
}

/** Returns a path as text, e.g. `a → b → a`. */
export function pathText(path: readonly string[]): string {
  const half = MAX_SHOWN / 2;
  const shown = path.length <= MAX_SHOWN ? path : [...path.slice(0, half), '…', ...path.slice(-half)];
  return shown.join(' → ');
}
