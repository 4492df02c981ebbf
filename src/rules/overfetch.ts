const MAX_EXTRA = 256;
/** Beyond that many unblocked tasks without a decision, the oldest are forgotten. */
const MAX_UNDECIDED = 10_000;

/**
 * Counts how many more tasks to unblock than a key has capacity for. All tasks of a key may be blocked by another of
 * their rules too. Unblocked only as capacity allows, thousands of them would hide an admissible one behind them for a
 * minute. So the number grows with every unblocked task that another key blocks. It is known to one replica, and is
 * reset when the key closes.
 */
export class Overfetch {
  private readonly extraByKey = new Map<string, number>();
  /** Unblocked tasks without a decision yet, and the key that blocked them. */
  private readonly undecided = new Map<string, string>();

  /** Returns how many tasks to unblock beyond the capacity of a key. */
  extra(key: string): number {
    return this.extraByKey.get(key) ?? 0;
  }

  unblocked(tasks: readonly { id: string; key: string }[]): void {
    for (const { id, key } of tasks) this.undecided.set(id, key);
    for (const id of this.undecided.keys()) if (this.undecided.size > MAX_UNDECIDED) this.undecided.delete(id);
  }

  /** Takes note of the tasks that a decision has blocked, and the keys that block them now. */
  blocked(tasks: readonly { id: string; key?: { id: string } }[]): void {
    const left = new Set(
      tasks.flatMap(({ id, key }) => {
        const previous = this.undecided.get(id);
        this.undecided.delete(id);
        return previous && previous !== key?.id ? [previous] : [];
      }),
    );
    for (const key of left) this.extraByKey.set(key, Math.min(MAX_EXTRA, 4 * (this.extra(key) + 1)));
  }

  closed(keys: readonly string[]): void {
    for (const key of keys) this.extraByKey.delete(key);
  }
}
