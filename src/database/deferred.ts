/**
 * The result of a statement that a transaction has sent but does not wait for. It can be read only after the commit:
 * until then it is incomplete, or may be rolled back.
 */
export class Deferred<T> {
  /** @param read returns the result, or throws before the commit. */
  constructor(private readonly read: () => T) {}

  /** Wraps a result that is known already, so that it can be read at any time. */
  static of<T>(value: T): Deferred<T> {
    return new Deferred(() => value);
  }

  /** @throws if the transaction has not committed */
  get value(): T {
    return this.read();
  }

  /** Derives another result; `transform` runs when that result is read, so it sees the state after the commit. */
  map<U>(transform: (value: T) => U): Deferred<U> {
    return new Deferred(() => transform(this.value));
  }
}
