import type { Ledger } from './outside';

/** The most tasks of a rule key that ran at once. */
export interface Overlap {
  key: string;
  limit: number;
  most: number;
}

/**
 * Counts overlapping tasks at the receiver. A task counts from its start call until the receiver first reports that work is
 * done, or until it ends otherwise. A kill of its replica ends a claim: if the task is called again, the first call counts
 * up to the kill.
 */
export function overlaps(ledger: Ledger, endedAt: ReadonlyMap<string, number>, kills: readonly number[]): Overlap[] {
  const byTask = new Map<string, number[]>();
  for (const { task, trigger, begin } of ledger.calls) {
    if (trigger !== 'start' || !task || !ledger.tasks[task]?.plan.rule) continue;
    byTask.set(task, [...(byTask.get(task) ?? []), begin]);
  }
  const events = new Map<string, { at: number; step: 1 | -1; limit: number }[]>();
  for (const [task, begins] of byTask) {
    const { plan, released = Infinity } = ledger.tasks[task];
    const { key, limit } = plan.rule!;
    const list = events.get(key) ?? [];
    events.set(key, list);
    begins.forEach((begin, attempt) => {
      const next = begins[attempt + 1] ?? Infinity;
      const killed = next < Infinity ? (kills.find((at) => at >= begin) ?? Infinity) : Infinity;
      const end = Math.min(released, endedAt.get(task) ?? Infinity, next, killed);
      if (end > begin) list.push({ at: begin, step: 1, limit }, { at: end, step: -1, limit });
    });
  }
  return [...events].map(([key, list]) => {
    // Within a millisecond, ends come first.
    list.sort((a, b) => a.at - b.at || a.step - b.step);
    let under = 0;
    const most = list.reduce((max, { step }) => Math.max(max, (under += step)), 0);
    return { key, limit: list[0]?.limit ?? Infinity, most };
  });
}
