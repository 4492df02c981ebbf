import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Config } from '../config/config';
import { DatabaseUnavailable } from '../domain/errors';
import { backoff, sleep } from '../domain/backoff';
import { NotConnected } from './faults';
import type { SessionClient } from './session-client';
import type { Watchdog } from './watchdog';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** A connection of the pool, and the runner that releases it. */
export interface Acquired {
  runner: QueryRunner;
  client: PoolClient & SessionClient;
}

/** Gets connections from the pool, in several attempts within the configured time. */
export class Acquisition {
  /** Callers without a connection, in order of arrival. */
  private readonly callers = new Set<{ since: number }>();

  /**
   * @param source of connections; throws while there is none.
   * @param isFull tells whether the pool has its maximum of connections.
   */
  constructor(
    private readonly config: Config['pool'],
    private readonly source: () => DataSource,
    private readonly isFull: () => boolean,
    private readonly watchdog: Watchdog,
  ) {}

  /** Returns the longest time in ms for which a caller has been waiting; 0 when none waits. */
  get longestWaitMs(): number {
    for (const { since } of this.callers) return performance.now() - since;
    return 0;
  }

  /**
   * Returns a connection, which the caller must release.
   * @throws {DatabaseUnavailable} when all connections are in use, {NotConnected} when none can be made.
   */
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
        // The watchdog gave up, so more attempts would wait in vain.
        if (error instanceof NotConnected) throw error;
        const exhausted = this.isFull() && error instanceof Error && /timeout exceeded/.test(error.message);
        if (attempt >= acquireAttempts || performance.now() >= deadline) {
          // A full pool is load, not a fault of the database, and must not open the breaker.
          throw exhausted
            ? new DatabaseUnavailable('All database connections are in use', 1, { cause: error })
            : new NotConnected(error);
        }
        if (!exhausted) await sleep(backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, attempt));
      }
    }
  }

  private async attempt(): Promise<Acquired> {
    // A runner that could not connect never tries again, so each attempt has its own.
    const runner = this.source().createQueryRunner();
    const client = await this.watchdog.acquisition(
      runner.connect() as Promise<Acquired['client']>,
      () => void runner.release(),
    );
    return { runner, client };
  }
}
