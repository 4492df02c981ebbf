/** Number of completed calls whose keys are remembered. */
const MAX_DONE = 10_000;

/** The result of a call. */
export interface Handled<T> {
  /** If it rejects, the call can be repeated. */
  readonly answer: Promise<T>;
  /** Settles when the call is completed. */
  readonly done: Promise<unknown>;
}

/**
 * Handles each call once: a repeated key gets the answer of the first call. It remembers all calls in progress, and the
 * latest completed ones.
 */
export class Ledger<T> {
  private readonly inProgress = new Map<string, Promise<T>>();
  private readonly done = new Map<string, Promise<T>>();

  /** Returns the answer to the first call with this key; `handle` is called for a new one. */
  once(key: string, handle: () => Handled<T>): Promise<T> {
    const known = this.inProgress.get(key) ?? this.done.get(key);
    if (known) return known;
    const { answer, done } = handle();
    this.inProgress.set(key, answer);
    void Promise.all([answer, done]).then(
      () => this.complete(key, answer),
      () => this.inProgress.delete(key),
    );
    return answer;
  }

  private complete(key: string, answer: Promise<T>): void {
    this.inProgress.delete(key);
    this.done.set(key, answer);
    if (this.done.size > MAX_DONE) this.done.delete(this.done.keys().next().value!);
  }
}
