import type { PoolClient, QueryResultRow } from 'pg';
import { Deferred } from './deferred';
import { aborted, isAborted, isConnectionFault } from './faults';
import type { Statement, Tx } from './statement';

/** A connection in use: runs statements and measures them. */
export class Connection implements Tx {
  readonly transactional = true;
  /** Statements that were sent and are awaited with the commit. */
  private readonly deferred: Promise<unknown>[] = [];
  /** The first error of the transaction: nothing is sent after it. */
  private fault?: Error;
  /** The answer to `BEGIN`, until it has come. */
  private beginning?: Promise<unknown>;
  /** A statement has been sent, or waits for the answer to `BEGIN`. */
  private followed = false;
  private committed = false;
  private effects: (() => void)[] | undefined;

  /**
   * @param took receives the name and duration of each statement
   * @param prepared whether PostgreSQL keeps the plans of statements
   */
  constructor(
    readonly client: PoolClient,
    private readonly took: (name: string, ms: number) => void,
    private readonly prepared = true,
  ) {}

  /** Runs `work` in a transaction; rejects with the first error in it. */
  async transaction<T>(begin: string, work: () => Promise<T>): Promise<T> {
    this.begin(begin);
    try {
      const result = await work();
      this.later(this.commit());
      await Promise.all(this.deferred);
      this.committed = true;
      this.effects?.forEach((effect) => effect());
      return result;
    } catch (error) {
      // Statements that still wait for the answer to `BEGIN` must not follow the rollback: they would commit one by one.
      this.fault ??= error as Error;
      // A broken connection would never answer. If the rollback fails, the pool discards the connection.
      if (!isConnectionFault(error)) await this.client.query('ROLLBACK').catch(() => undefined);
      throw await this.causeOf(error);
    }
  }

  async run<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...values: Params): Promise<Row[]> {
    const { name, text, harmless } = statement;
    const isFirst = !this.followed;
    this.followed = true;
    if (this.beginning && !(isFirst && harmless)) await this.beginning;
    if (this.fault) throw this.fault;
    const begun = performance.now();
    try {
      const query = { name: this.prepared ? name : undefined, text, values: values.map(parameter) };
      return (await this.client.query<Row & QueryResultRow>(query)).rows;
    } finally {
      this.took(name, performance.now() - begun);
    }
  }

  defer<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Deferred<Row[]> {
    let rows: Row[] = [];
    this.later(this.run(statement, ...params).then((answer) => (rows = answer)));
    return new Deferred(() => {
      if (!this.committed) throw new Error(`The result of ${statement.name} was read before the commit`);
      return rows;
    });
  }

  afterCommit(effect: () => void): void {
    (this.effects ??= []).push(effect);
  }

  /**
   * Sends `BEGIN`. If the server refuses it, as when it is canceled at that moment, statements sent behind it would run
   * and commit one by one. So only a lock, as the first statement, is sent before the answer to `BEGIN`: when the lock
   * is held, `BEGIN` has been answered.
   */
  private begin(text: string): void {
    this.beginning = this.client.query(text);
    this.later(this.beginning.then(() => (this.beginning = undefined)));
  }

  /** Returns the error that made the transaction fail; later statements only report that it has failed. */
  private async causeOf(error: unknown): Promise<unknown> {
    const faults = (await Promise.allSettled(this.deferred)).flatMap((each) =>
      each.status === 'rejected' ? [each.reason as unknown] : [],
    );
    return [error, ...faults].find((fault) => !isAborted(fault)) ?? error;
  }

  /** Sends `COMMIT` behind all other statements. */
  private async commit(): Promise<void> {
    if (this.beginning) await this.beginning;
    if (this.fault) throw this.fault;
    const { command } = await this.client.query('COMMIT');
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, not with an error. This often arrives before
    // the failure itself, from the same packet, and must not be taken for the cause.
    if (command !== 'COMMIT') throw aborted('The transaction had failed and was rolled back');
  }

  /** Makes the transaction wait for this before it resolves, and fail if this fails. */
  private later(sent: Promise<unknown>): void {
    // The commit awaits it. A rejection before that must not count as unhandled.
    sent.catch((error: Error) => (this.fault ??= error));
    this.deferred.push(sent);
  }
}

const ID = '[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}';
const IDS = new RegExp(`^${ID}(?:,${ID})*$`);
const ID_LENGTH = 36;

/** Writes an array of UUIDs as PostgreSQL reads it: pg would look for quotes in each, many thousand times a second. */
function parameter(value: unknown): unknown {
  if (!Array.isArray(value) || (value[0] as unknown[] | undefined)?.length !== ID_LENGTH) return value;
  const text = value.join();
  // Elements that contain commas can pass the pattern, but not this length.
  return text.length === (ID_LENGTH + 1) * value.length - 1 && IDS.test(text) ? `{${text}}` : value;
}
