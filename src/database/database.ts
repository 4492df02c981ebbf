import { Injectable } from '@nestjs/common';
import type { ClientConfig } from 'pg';
import type { EntityManager } from 'typeorm';
import { backoff, sleep } from '../domain/backoff';
import type { PoolStats } from '../metrics/database-metrics';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { Breaker } from './breaker';
import { Connections } from './connections';
import { isRetryable, isStatementMixUp } from './faults';
import { DatabasePool } from './pool';
import { Refusals } from './refusals';
import { DatabaseServer } from './server';
import type { SessionClient } from './session-client';
import type { Queryable, Statement, Tx } from './statement';

// A deadlock or serialization failure that repeats this often is a design fault, not bad luck.
const MAX_TRANSACTION_ATTEMPTS = 6;
const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 50;

/**
 * Runs statements and transactions: the only way to the database. It adds the breaker, retries and tracing. Connection
 * faults are thrown as `DatabaseUnavailable`, errors of a statement as they are.
 */
@Injectable()
export class Database implements Queryable {
  private readonly refusals = new Refusals();

  constructor(
    private readonly server: DatabaseServer,
    private readonly pool: DatabasePool,
    private readonly connections: Connections,
    private readonly breaker: Breaker,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {
    metrics.database.watch(
      () => this.poolStats,
      () => this.breakerState,
    );
  }

  /** Runs one statement in a transaction of its own. */
  run<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]> {
    return this.guarded(statement.name, () =>
      this.connections.inSession((connection) => connection.run(statement, ...params)),
    );
  }

  /**
   * Runs one statement even while the breaker is open, for heartbeats: calls in flight go on during an outage, and others
   * must not take this replica for lost.
   */
  runPastBreaker<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]> {
    const run = () => this.connections.inSession((connection) => connection.run(statement, ...params));
    // One repetition is enough, as nothing is prepared from then on. This may be the first statement of a process.
    return run()
      .catch((error) => (isStatementMixUp(error) ? run() : Promise.reject(error as Error)))
      .catch((error: unknown) => Promise.reject((this.refusals.of(error) ?? error) as Error));
  }

  /** Runs `work` in a transaction. Deadlocks and serialization failures repeat it, so it must have no other effects. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.guarded('transaction', () => this.connections.inTransaction(work));
  }

  /** Reads through entities, where clarity counts more than microseconds. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.guarded('read', () => this.connections.inSession((_, runner) => work(runner.manager)));
  }

  /**
   * Checks that the database answers, past breaker and pool: neither a full pool nor its waiting callers are a fault of the
   * database. Rejects when no answer comes in time.
   */
  probe(timeoutMs: number): Promise<void> {
    return this.server.probe(timeoutMs);
  }

  /** Returns a client outside of the pool, not connected yet. `LISTEN` needs a session of its own. */
  client(options: ClientConfig): SessionClient {
    return this.server.connector.client(options);
  }

  get poolStats(): PoolStats {
    return this.pool.stats;
  }

  /** Returns the longest time in ms for which a caller has been waiting for a connection; 0 when none waits. */
  get longestWaitMs(): number {
    return this.pool.longestWaitMs;
  }

  get breakerState(): Breaker['state'] {
    return this.breaker.state;
  }

  /** Resolves once the database has been reached and the schema is up to date. */
  get whenOpen(): Promise<void> {
    return this.pool.whenOpen;
  }

  /** Is true until the schema is up to date; the pool opens only after that. */
  get migrationsPending(): boolean {
    return !this.pool.isOpen;
  }

  /** Runs `work` behind the breaker and repeats it where the database asks for that; `name` is shown in traces. */
  private guarded<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.tracing.transaction(name, () => this.repeated(work));
  }

  private async repeated<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.breaker.run(work);
      } catch (error) {
        const repeats = isRetryable(error) || isStatementMixUp(error);
        if (!repeats || attempt >= MAX_TRANSACTION_ATTEMPTS) throw this.refusals.of(error) ?? error;
        this.metrics.database.retried((error as { code: string }).code);
        await sleep(backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, attempt));
      }
    }
  }
}
