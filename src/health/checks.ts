import { Inject, Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorFunction,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import { Draining } from './draining';

const PROBE_TIMEOUT_MS = 2000;
/** However often anyone asks, the database is asked once in this time. */
const PROBE_CACHE_MS = 100;
/**
 * For so long a caller may wait for a connection before the pool counts as exhausted. Under load somebody waits for a
 * moment all the time, and a replica that was taken out for that would leave its load to the others, and they would be next.
 */
export const LONG_WAIT_MS = 2000;

/** What health and readiness are judged by. */
@Injectable()
export class Checks {
  private readonly longWaitMs: number;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly lifecycle: Draining,
    @Inject(CONFIG) { pool }: Config,
  ) {
    // Callers that are refused sooner than that would never be seen to wait for so long.
    this.longWaitMs = Math.min(LONG_WAIT_MS, pool.timeoutSecs * 500);
  }

  /** Whether the database answers, asked past the breaker. */
  async isDatabaseHealthy(): Promise<boolean> {
    return (await this.failing([this.answering])).length === 0;
  }

  /** What stands in the way of serving requests: a sentence each, none when the process is ready. */
  async readinessFailures(): Promise<string[]> {
    const { max, total, idle } = this.database.poolStats;
    const isExhausted = total >= max && idle === 0 && this.database.longestWaitMs >= this.longWaitMs;
    const known = await this.failing([
      this.not('draining', this.lifecycle.draining, 'The service is shutting down'),
      this.not('migrations', this.database.migrationsPending, 'Migrations are pending'),
      this.not('breaker', this.database.breakerState !== 'closed', 'The circuit breaker before the database is open'),
      this.not('pool', isExhausted, 'The database connection pool is exhausted'),
    ]);
    // A probe would wait for the very connection, or the very database, that is known to be missing.
    return known.length > 0 ? known : this.failing([this.answering]);
  }

  private readonly answering: HealthIndicatorFunction = () =>
    this.indicators
      .check('database')
      .attempt(() =>
        this.database.probe(PROBE_TIMEOUT_MS).catch(() => {
          // The cause may name hosts of the inside; those who needed the database have logged it.
          throw new Error('The database does not answer');
        }),
      )
      .cacheFor(PROBE_CACHE_MS);

  private not(key: string, isSo: boolean, reason: string): HealthIndicatorFunction {
    const indicator = this.indicators.check(key);
    return () => (isSo ? indicator.down(reason) : indicator.up());
  }

  private async failing(indicators: HealthIndicatorFunction[]): Promise<string[]> {
    try {
      await this.health.check(indicators);
      return [];
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const { details } = error.getResponse() as HealthCheckResult;
      return Object.values(details).flatMap(({ status, message }) => (status === 'down' ? [String(message)] : []));
    }
  }
}
