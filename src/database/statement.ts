declare const row: unique symbol;

/**
 * One SQL statement with the types of what goes in and what comes out. The name makes PostgreSQL keep its plan: a
 * named statement costs about half the server time of an unnamed one.
 */
export interface Statement<Params extends unknown[], Row> {
  readonly name: string;
  readonly text: string;
  /** Changes nothing, so that no harm is done should it run by itself. */
  readonly harmless?: boolean;
  readonly [row]?: (...params: Params) => Row;
}

/** Declares a statement; one file in a `sql/` folder holds one of these, or a family. */
export const statement = <Params extends unknown[], Row = never>(
  name: string,
  text: string,
): Statement<Params, Row> => ({
  name,
  text,
});

/**
 * The same for a statement that locks and changes nothing. A transaction that begins with one costs no round trip for
 * `BEGIN`: the two are sent together.
 */
export const lock = <Params extends unknown[], Row = never>(name: string, text: string): Statement<Params, Row> => ({
  ...statement<Params, Row>(name, text),
  harmless: true,
});

/** Whatever statements can be run on: the gate itself, or a transaction of it. */
export interface Queryable {
  run<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]>;
}

/** A transaction: what runs on it commits together or not at all. */
export interface Tx extends Queryable {
  readonly transactional: true;

  /**
   * Runs a statement whose rows nobody needs before the commit: it is sent and not waited for, so that what comes next is on
   * its way before it is answered. If it fails, the transaction does.
   * @param params and, last, what may be done with the rows; it is called before the transaction resolves.
   */
  defer<Params extends unknown[], Row>(
    statement: Statement<Params, Row>,
    ...params: [...Params] | [...Params, (rows: Row[]) => void]
  ): void;
}
