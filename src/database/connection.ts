import type { PoolClient, QueryResultRow } from 'pg';
import { aborted, isAborted, isConnectionFault } from './faults';
import type { Statement, Tx } from './statement';

/** A connection that is in use: runs statements and says how long they took. */
export class Connection implements Tx {
  readonly transactional = true;
  /** What has been sent and is not waited for before the commit. */
  private readonly deferred: Promise<unknown>[] = [];
  /** What went wrong with it first: nothing more is sent then. */
  private fault?: Error;
  /** The answer to `BEGIN`, until it is here. */
  private beginning?: Promise<unknown>;
  /** A statement has been sent, or waits for the answer to `BEGIN`. */
  private followed = false;

  constructor(
    readonly client: PoolClient,
    private readonly took: (name: string, ms: number) => void,
    private readonly prepared = true,
  ) {}

  /** Runs `work` in a transaction; rejects with the error that it failed with first. */
  async transaction<T>(begin: string, work: () => Promise<T>): Promise<T> {
    this.begin(begin);
    try {
      const result = await work();
      this.later(this.commit());
      await Promise.all(this.deferred);
      return result;
    } catch (error) {
      // On a connection that does not answer, this would wait for nothing; if it fails, the pool throws it away.
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

  defer<Params extends unknown[], Row>(
    statement: Statement<Params, Row>,
    ...params: [...Params] | [...Params, (rows: Row[]) => void]
  ): void {
    const last = params.at(-1);
    if (typeof last !== 'function') this.later(this.run(statement, ...(params as Params)));
    else this.later(this.run(statement, ...(params.slice(0, -1) as Params)).then(last as (rows: Row[]) => void));
  }

  /**
   * Sends `BEGIN`. Should the server refuse it, as when it is canceled at that moment, what was sent behind it would be
   * carried out all the same, each statement by itself. So nothing that changes anything is sent before the answer is
   * here. Only a lock may be, if it comes first: by the time at which it is held, `BEGIN` has been answered.
   */
  private begin(text: string): void {
    this.beginning = this.client.query(text);
    this.later(this.beginning.then(() => (this.beginning = undefined)));
  }

  /** What a transaction failed with first: what is sent after that is only told that it has failed. */
  private async causeOf(error: unknown): Promise<unknown> {
    const faults = (await Promise.allSettled(this.deferred)).flatMap((each) =>
      each.status === 'rejected' ? [each.reason as unknown] : [],
    );
    return [error, ...faults].find((fault) => !isAborted(fault)) ?? error;
  }

  /** Sends `COMMIT` behind what has been sent. */
  private async commit(): Promise<void> {
    if (this.beginning) await this.beginning;
    if (this.fault) throw this.fault;
    const { command } = await this.client.query('COMMIT');
    // PostgreSQL does not refuse to commit what has failed: it says that it has rolled it back. Often this is known before
    // the failure itself, which came in the same packet; it must not be taken for the cause.
    if (command !== 'COMMIT') throw aborted('The transaction had failed and was rolled back');
  }

  /** Has the transaction fail with this, if it fails. */
  private later(sent: Promise<unknown>): void {
    // It is looked at with the commit; until then nobody listens.
    sent.catch((error: Error) => (this.fault ??= error));
    this.deferred.push(sent);
  }
}

const ID = '[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}';
const IDS = new RegExp(`^${ID}(?:,${ID})*$`);
const ID_LENGTH = 36;

/** Ids as PostgreSQL reads an array of them: pg would look for quotes in each, many thousand times a second. */
function parameter(value: unknown): unknown {
  if (!Array.isArray(value) || (value[0] as unknown[] | undefined)?.length !== ID_LENGTH) return value;
  const text = value.join();
  // The length tells as many ids from fewer elements that have commas in them.
  return text.length === (ID_LENGTH + 1) * value.length - 1 && IDS.test(text) ? `{${text}}` : value;
}
