/** Maximum number of kinds with their own label in this process; each is a series in every metric with a label `kind`. */
export const MAX_KINDS = 100;

/** Label of all other kinds. */
export const OTHER_KINDS = 'other';

/**
 * The values of the label `kind`. Clients choose kinds, and the process keeps each series until it ends. Only the first
 * kinds get their own label, which protects the process and Prometheus from a flood of series.
 */
export class KindLabels {
  private readonly known = new Set<string>();

  /** Returns the name of a kind, or `other` if there are too many already. */
  of(kind: string): string {
    if (this.known.has(kind)) return kind;
    if (this.known.size >= MAX_KINDS) return OTHER_KINDS;
    this.known.add(kind);
    return kind;
  }

  /** All labels in use. */
  get all(): string[] {
    return [...this.known, OTHER_KINDS];
  }
}
