import type { Database } from '../database/database';
import { isLocked, isTimeout } from '../database/faults';
import type { Tx } from '../database/statement';

/** A lock of a kind was not available in time, or a statement exceeded its budget. */
export class OutOfTime extends Error {}

/** Runs a transaction that fails with `OutOfTime` instead of waiting for long. */
export const transactionInTime = <T>(database: Database, work: (tx: Tx) => Promise<T>): Promise<T> =>
  database.transaction((tx) =>
    work(tx).catch((cause: unknown) => {
      throw isLocked(cause) || isTimeout(cause) ? new OutOfTime('Rules ran out of time', { cause }) : cause;
    }),
  );
