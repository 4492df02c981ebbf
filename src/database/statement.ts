import { createHash } from 'node:crypto';
import type { Deferred } from './deferred';

declare const row: unique symbol;

/**
 * One SQL statement with the types of its parameters and rows. PostgreSQL keeps the plan under the name: a named
 * statement costs about half the server time of an unnamed one.
 */
export interface Statement<Params extends unknown[], Row> {
  readonly name: string;
  readonly text: string;
  /** Set if the statement changes nothing, so that it does no harm outside of a transaction. */
  readonly harmless?: boolean;
  readonly [row]?: (...params: Params) => Row;
}

/** PostgreSQL cuts off longer names, and two statements would share a plan. */
const MAX_NAME_LENGTH = 63;
const KEPT_LENGTH = 46;

function shortened(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  return `${name.slice(0, KEPT_LENGTH)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/**
 * Declares a statement. The end of a name that is too long is replaced by a hash. A file in a `sql/` folder holds one
 * statement, or a few that belong together.
 */
export const statement = <Params extends unknown[], Row = never>(
  name: string,
  text: string,
): Statement<Params, Row> => ({
  name: shortened(name),
  text,
});

/**
 * Declares a statement that locks rows and changes nothing. A transaction that begins with one saves the round trip of
 * `BEGIN`, because both are sent together.
 */
export const lock = <Params extends unknown[], Row = never>(name: string, text: string): Statement<Params, Row> => ({
  ...statement<Params, Row>(name, text),
  harmless: true,
});

/** Runs statements: the database as a whole, or one transaction. */
export interface Queryable {
  run<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]>;
}

/** A transaction: its statements commit together or not at all. */
export interface Tx extends Queryable {
  readonly transactional: true;

  /**
   * Sends a statement without waiting for its answer, so that the next one is on its way sooner. If it fails, the
   * transaction fails.
   * @returns the rows, which can be read after the commit
   */
  defer<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Deferred<Row[]>;

  /** Runs `effect` once after the commit, and not at all if the transaction fails. It must not throw. */
  afterCommit(effect: () => void): void;
}
