/** How many kinds keep their name in this process; each is a series of its own in every metric that tells kinds apart. */
export const MAX_KINDS = 100;

/** The label of all other kinds together. */
export const OTHER_KINDS = 'other';

/**
 * The values of the label `kind`. Clients choose kinds, and a series is kept for as long as the process lives: the
 * first ones seen keep their name, and a flood of further ones can fill neither this process nor what scrapes it.
 */
export class KindLabels {
  private readonly known = new Set<string>();

  /** The label of a kind: its name, or `other` once there are enough names. */
  of(kind: string): string {
    if (this.known.has(kind)) return kind;
    if (this.known.size >= MAX_KINDS) return OTHER_KINDS;
    this.known.add(kind);
    return kind;
  }

  /** Every label there can be by now. */
  get all(): string[] {
    return [...this.known, OTHER_KINDS];
  }
}
