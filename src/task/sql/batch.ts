import { ADVISORY_LOCKS } from '../../database/advisory-locks';
import { lock, statement } from '../../database/statement';

const batchLock = `${ADVISORY_LOCKS.batch}, hashtext($1::text)`;

/**
 * Keeps the tasks of a batch from being added, stopped or run again by others until the transaction ends. Taken before any
 * task is locked, and after the kinds of deduplication. Reports and claims do not take it.
 */
export const lockBatch = lock<[batch: string]>('batch-lock', `SELECT pg_advisory_xact_lock(${batchLock})`);

/** Locks a batch against reruns and stops only. Transactions that cannot close a cycle may add tasks to it at once. */
export const lockBatchShared = lock<[batch: string]>(
  'batch-lock-shared',
  `SELECT pg_advisory_xact_lock_shared(${batchLock})`,
);

export interface BatchRow {
  /** Whether its completion is awaited. */
  awaited: boolean;
  stopped: boolean;
}

/** Finds a batch. */
export const findBatch = statement<[batch: string], BatchRow>(
  'batch-find',
  'SELECT on_complete IS NOT NULL AS awaited, stopped_at IS NOT NULL AS stopped FROM batch WHERE id = $1',
);

/** Counts tasks that run again as open tasks of their batch, if its completion is awaited. A stopped batch goes on. */
export const reopenBatch = statement<[batch: string, awaited: number]>(
  'batch-reopen',
  'UPDATE batch SET open_tasks = open_tasks + $2, stopped_at = NULL WHERE id = $1',
);

/** Records that a batch was stopped, so that it takes no more tasks. Returns nothing if it was stopped before. */
export const recordStop = statement<[batch: string], { id: string }>(
  'batch-record-stop',
  'UPDATE batch SET stopped_at = now() WHERE id = $1 AND stopped_at IS NULL RETURNING id',
);
