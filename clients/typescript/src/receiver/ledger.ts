/** As many keys as are remembered after their call is done with. */
const MAX_DONE = 10_000;

/**
 * Takes each call once: who calls again with a key gets the answer of the first call. Calls under way are never forgotten; of
 * those that are done, the latest are remembered.
 */
export class Ledger<T> {
  private readonly underWay = new Map<string, Promise<T>>();
  private readonly done = new Map<string, Promise<T>>();

  /**
   * @param take the call, if it comes for the first time: its answer, and when it is done with. An answer that rejects is
   *   forgotten, so that the call may come again.
   */
  once(key: string, take: () => { answer: Promise<T>; done: Promise<unknown> }): Promise<T> {
    const known = this.underWay.get(key) ?? this.done.get(key);
    if (known) return known;
    const { answer, done } = take();
    this.underWay.set(key, answer);
    void Promise.all([answer, done]).then(
      () => this.settle(key, answer),
      () => this.underWay.delete(key),
    );
    return answer;
  }

  private settle(key: string, answer: Promise<T>): void {
    this.underWay.delete(key);
    this.done.set(key, answer);
    if (this.done.size > MAX_DONE) this.done.delete(this.done.keys().next().value!);
  }
}
