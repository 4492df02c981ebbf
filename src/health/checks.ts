import { Inject, Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorFunction,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { HttpAdapterHost } from '@nestjs/core';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { ServiceAdapter } from '../http/adapter';

const PROBE_TIMEOUT_MS = 2000;
/** The database is probed at most once in this time, however many requests ask for it. */
const PROBE_CACHE_MS = 100;
/**
 * The pool counts as exhausted when a caller has waited this long for a connection. Shorter waits are normal under load:
 * a replica taken out for them would pass its load to the others, and overload them in turn.
 */
export const LONG_WAIT_MS = 2000;

/** Checks health and readiness. */
@Injectable()
export class Checks {
  private readonly longWaitMs: number;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly host: HttpAdapterHost<ServiceAdapter>,
    @Inject(CONFIG) { pool }: Config,
  ) {
    // Callers are refused after `POOL_TIMEOUT_SECS`, so longer waits do not occur.
    this.longWaitMs = Math.min(LONG_WAIT_MS, pool.timeoutSecs * 500);
  }

  /** Returns whether the database answers. The probe bypasses the circuit breaker. */
  async isDatabaseHealthy(): Promise<boolean> {
    return (await this.failing([this.answering])).length === 0;
  }

  /** Returns a sentence for each reason why the process is not ready. */
  async readinessFailures(): Promise<string[]> {
    const { max, total, idle } = this.database.poolStats;
    const isExhausted = total >= max && idle === 0 && this.database.longestWaitMs >= this.longWaitMs;
    const known = await this.failing([
      this.not('draining', this.host.httpAdapter.draining, 'The service is shutting down'),
      this.not('migrations', this.database.migrationsPending, 'Migrations are pending'),
      this.not(
        'breaker',
        this.database.breakerState !== 'closed',
        'The circuit breaker in front of the database is open',
      ),
      this.not('pool', isExhausted, 'The database connection pool is exhausted'),
    ]);
    // With one of these failures, a probe would wait for a connection in vain.
    return known.length > 0 ? known : this.failing([this.answering]);
  }

  private readonly answering: HealthIndicatorFunction = () =>
    this.indicators
      .check('database')
      .attempt(() =>
        this.database.probe(PROBE_TIMEOUT_MS).catch(() => {
          // The cause may name internal hosts, and has been logged by callers of the database.
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
