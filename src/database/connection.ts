import type { PoolClient, QueryResultRow } from 'pg';
import { isAborted } from './faults';
import type { Statement, Tx } from './statement';

/** A connection that is in use: runs statements and says how long they took. */
export class Connection implements Tx {
  readonly transactional = true;
  /** What has been sent and is not waited for before the commit. */
  readonly deferred: Promise<unknown>[] = [];
  /** What went wrong with it first: nothing more is sent then. */
  private fault?: Error;

  constructor(
    readonly client: PoolClient,
    private readonly took: (name: string, ms: number) => void,
    private readonly prepared = true,
  ) {}

  async run<Params extends unknown[], Row>({ name, text }: Statement<Params, Row>, ...values: Params): Promise<Row[]> {
    if (this.fault) throw this.fault;
    const begun = performance.now();
    try {
      const query = { name: this.prepared ? name : undefined, text, values: values as unknown[] };
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

  /** What a transaction failed with first: what is sent after that is only told that it has failed. */
  async causeOf(error: unknown): Promise<unknown> {
    const faults = (await Promise.allSettled(this.deferred)).flatMap((each) =>
      each.status === 'rejected' ? [each.reason as unknown] : [],
    );
    return [error, ...faults].find((fault) => !isAborted(fault)) ?? error;
  }

  /** Has the transaction fail with this, if it fails. */
  later(sent: Promise<unknown>): void {
    // It is looked at with the commit; until then nobody listens.
    sent.catch((error: Error) => (this.fault ??= error));
    this.deferred.push(sent);
  }
}
