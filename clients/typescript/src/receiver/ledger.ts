/** Number of completed calls whose keys are remembered. */
const MAX_DONE = 10_000;

/**
 * Handles each call once: a repeated key gets the answer of the first call. It remembers all calls in progress, and the
 * latest completed ones.
 */
export class Ledger<T> {
  private readonly inProgress = new Map<string, Promise<T>>();
  private readonly done = new Map<string, Promise<T>>();

  /**
   * @param handle is called for a new key; returns the answer, and when the call is completed. If the answer rejects, the
   *   key is forgotten, so that the call can be repeated.
   */
  once(key: string, handle: () => { answer: Promise<T>; done: Promise<unknown> }): Promise<T> {
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
