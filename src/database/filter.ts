/**
 * Collects the conditions of a list query that are asked for, and their values, so that the text of the query has
 * just those: one plan for "this, or all" fits neither. Texts differ only by which filters are there, and stay few.
 */
export class Filter {
  readonly values: unknown[];
  private readonly conditions: string[] = [];
  private readonly names: string[];

  /** @param before of the same query, with conditions for another place in it. */
  constructor(before?: Filter) {
    this.values = before?.values ?? [];
    this.names = before?.names ?? [];
  }

  /**
   * Adds a condition unless the value is absent.
   * @param name identifies the condition among those of this query.
   * @param condition SQL in which `?` stands for the value.
   */
  add(name: string, condition: string, value: unknown): this {
    if (value === undefined || value === null || value === '') return this;
    this.names.push(name);
    this.conditions.push(condition.replaceAll('?', this.bind(value)));
    return this;
  }

  /** Adds a value; answers what stands for it in the text. */
  bind(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  get isEmpty(): boolean {
    return this.conditions.length === 0;
  }

  /** The conditions for `WHERE`; true without any. */
  get where(): string {
    return this.conditions.join(' AND ') || 'true';
  }

  /** Part of a statement name that tells which conditions the query has. */
  get suffix(): string {
    return this.names.map((name) => `-${name}`).join('');
  }
}
