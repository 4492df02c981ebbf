import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Config } from '../config/config';
import { DatabaseUnavailable } from '../domain/errors';
import { backoff } from '../domain/pauses';
import { NotConnected } from './faults';
import type { SessionClient } from './session-client';
import type { Watchdog } from './watchdog';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** A connection of the pool, and what it is given back by. */
export interface Acquired {
  runner: QueryRunner;
  client: PoolClient & SessionClient;
}

/** Gets connections from the pool: several attempts, within the configured time. */
export class Acquisition {
  /** Callers that have no connection yet, in the order in which they came. */
  private readonly callers = new Set<{ since: number }>();

  /**
   * @param source of connections; throws while there is none.
   * @param isFull says whether the pool has as many connections as it may have.
   */
  constructor(
    private readonly config: Config['pool'],
    private readonly source: () => DataSource,
    private readonly isFull: () => boolean,
    private readonly watchdog: Watchdog,
  ) {}

  /** For how many ms the caller that has waited longest has had no connection; 0 when nobody waits. */
  get longestWaitMs(): number {
    for (const { since } of this.callers) return performance.now() - since;
    return 0;
  }

  /** @throws {DatabaseUnavailable} when all connections are in use, {NotConnected} when none can be made. */
  async get(): Promise<Acquired> {
    const caller = { since: performance.now() };
    this.callers.add(caller);
    try {
      return await this.attempts(caller.since + this.config.timeoutSecs * 1000);
    } finally {
      this.callers.delete(caller);
    }
  }

  private async attempts(deadline: number): Promise<Acquired> {
    const { acquireAttempts } = this.config;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt();
      } catch (error) {
        // The watchdog knows that more attempts would wait for nothing.
        if (error instanceof NotConnected) throw error;
        const exhausted = this.isFull() && error instanceof Error && /timeout exceeded/.test(error.message);
        if (attempt >= acquireAttempts || performance.now() >= deadline) {
          // All connections are busy: that is load, not a fault of the database, and must not open the breaker.
          throw exhausted
            ? new DatabaseUnavailable('All database connections are in use', 1, { cause: error })
            : new NotConnected(error);
        }
        if (!exhausted) await sleep(backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, attempt));
      }
    }
  }

  private async attempt(): Promise<Acquired> {
    // A new runner for each attempt: one that could not connect never tries again.
    const runner = this.source().createQueryRunner();
    const client = await this.watchdog.acquisition(
      runner.connect() as Promise<Acquired['client']>,
      () => void runner.release(),
    );
    return { runner, client };
  }
}
