/**
 * Collects the conditions and values that a list query needs, so that its text holds only those: one plan for "this value,
 * or any" fits neither case. Texts differ only in the filters that are used, so there are few of them.
 */
export class Filter {
  readonly values: unknown[];
  private readonly conditions: string[] = [];
  private readonly names: string[];

  /** @param before filter of the same query, with conditions for another place in its text. */
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

  /** Adds a value and returns its placeholder. */
  bind(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  get isEmpty(): boolean {
    return this.conditions.length === 0;
  }

  /** Returns the conditions for `WHERE`, or `true` without any. */
  get where(): string {
    return this.conditions.join(' AND ') || 'true';
  }

  /** Returns the part of the statement's name that lists its conditions. */
  get suffix(): string {
    return this.names.map((name) => `-${name}`).join('');
  }
}
