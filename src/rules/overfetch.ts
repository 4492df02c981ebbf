const MOST_AHEAD = 256;
/** Of more that were brought back and not decided on, the first are forgotten. */
const MOST_ORIGINS = 10_000;

/**
 * Tasks that are set aside under a key with room may all turn out to be blocked by another rule of theirs, and brought
 * back one by one as there is room, a crowd of thousands would hide the one behind them for a minute. So for each one that
 * moves on to another key, more are brought back next time than there is room for. Known to one replica; forgotten when
 * the key is found full.
 */
export class Overfetch {
  private readonly aheadOf = new Map<string, number>();
  private readonly origins = new Map<string, string>();

  /** How many tasks to bring back from under a key beyond those that it has room for. */
  ahead(key: string): number {
    return this.aheadOf.get(key) ?? 0;
  }

  broughtBack(tasks: readonly { id: string; key: string }[]): void {
    for (const { id, key } of tasks) this.origins.set(id, key);
    for (const id of this.origins.keys()) if (this.origins.size > MOST_ORIGINS) this.origins.delete(id);
  }

  /** It has been decided that these must wait, and under which key. */
  decided(blocked: readonly { id: string; key?: { id: string } }[]): void {
    const left = new Set(
      blocked.flatMap(({ id, key }) => {
        const origin = this.origins.get(id);
        this.origins.delete(id);
        return origin && origin !== key?.id ? [origin] : [];
      }),
    );
    for (const key of left) this.aheadOf.set(key, Math.min(MOST_AHEAD, 4 * (this.ahead(key) + 1)));
  }

  closed(keys: readonly string[]): void {
    for (const key of keys) this.aheadOf.delete(key);
  }
}
