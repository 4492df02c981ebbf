/** Counts items by sort, so that each counter is incremented once per sort. */
export function tally<T>(items: readonly T[], sortOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const sort = sortOf(item);
    counts.set(sort, (counts.get(sort) ?? 0) + 1);
  }
  return counts;
}

/** What metrics tell attempts apart by. */
interface Alike {
  kind: string;
  status?: string;
  ending: string;
  was: string;
  was_paused: boolean;
}

/** Groups attempts that all metrics count alike. */
export function alike<T extends Alike>(attempts: readonly T[]): (T & { count: number })[] {
  const groups = new Map<string, T & { count: number }>();
  for (const attempt of attempts) {
    const { kind, status, ending, was, was_paused } = attempt;
    const key = `${status}\n${ending}\n${was}\n${was_paused}\n${kind}`;
    const group = groups.get(key);
    if (group) group.count++;
    else groups.set(key, { ...attempt, count: 1 });
  }
  return [...groups.values()];
}
