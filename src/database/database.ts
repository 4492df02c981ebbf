import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ClientConfig, Pool } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { CONFIG, type Config } from '../config/config';
import { DatabaseUnavailable } from '../domain/errors';
import { backoff } from '../domain/pauses';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { Acquisition } from './acquisition';
import { Breaker } from './breaker';
import { Connection } from './connection';
import { entities } from './entities';
import { isConnectionFault, isNotNow, isRetryable, isStatementMixUp } from './faults';
import { migrate } from './migrate';
import { findLost, probe } from './probe';
import { Refusals } from './refusals';
import { DatabaseServer } from './server';
import type { SessionClient } from './session-client';
import type { Queryable, Statement, Tx } from './statement';
import { ANSWER_MS, PATIENCE_MS, Watchdog } from './watchdog';
import { TYPES } from './types';

// A deadlock or serialization failure that comes back this often is a design fault, not bad luck.
const MAX_TRANSACTION_ATTEMPTS = 6;
const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 50;
const REOPEN_MS = 1000;
/** How much longer than the server's own patience an answer is waited for. */
const SAY_SO_MS = 2000;
// With less, a process that is busy refusing requests would take its own slowness for the database's; with more, packets
// that vanish would delay recovery.
const RECOVERY_PROBE_TIMEOUT_MS = 3_000;
const PROBE = { application_name: 'hookline probe' };

/**
 * Transactions of the engine find their rows by key. Where one batch makes up most of the tables, the planner would
 * rather read all of them, once for every step through the graph: failing a parent of 10,000 took 48 s that way.
 */
const BY_KEY = '; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan';

/**
 * The only gate to the database: one pool, one breaker, retries and timing in one place. Faults of the connection come
 * out as `DatabaseUnavailable`; errors of a statement come out as they are.
 */
@Injectable()
export class Database implements Queryable, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(Database.name);
  private readonly breaker: Breaker;
  private readonly refusals = new Refusals();
  private source?: DataSource;
  /** Plans are kept under the names of statements, unless connections turn out to be shared with others. */
  private prepared = true;
  private opening?: NodeJS.Timeout;
  private readonly watchdog = new Watchdog({
    findLost: (sessions) => findLost(this.client(PROBE), sessions, PATIENCE_MS, ANSWER_MS),
    away: () => this.breaker.trip(),
  });
  private readonly acquisition: Acquisition;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly server: DatabaseServer,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {
    this.breaker = new Breaker(
      config.breaker,
      () => this.probe(RECOVERY_PROBE_TIMEOUT_MS),
      () => metrics.database.rejected(),
    );
    const isFull = () => this.poolStats.total >= config.pool.maxSize;
    this.acquisition = new Acquisition(config.pool, () => this.connected(), isFull, this.watchdog);
    metrics.database.watch(
      () => this.poolStats,
      () => this.breakerState,
    );
  }

  async onModuleInit(): Promise<void> {
    await this.server.start();
    try {
      await this.open();
    } catch (error) {
      if (!isConnectionFault(error) && !isNotNow(error)) throw error;
      this.logger.warn(`Waiting for the database: ${(error as Error).message}`);
      this.openLater();
    }
  }

  private async open(): Promise<void> {
    const { connector } = this.server;
    await connector.adapt({ application_name: 'hookline', connectionTimeoutMillis: this.connectTimeoutMs });
    const { missing } = connector;
    if (missing.length > 0)
      this.logger.warn(
        `The pooler before the database does not pass on ${missing.join(', ')}: transactions set them, but single ` +
          `statements ${connector.needsTransactions ? 'become transactions for it' : 'go without'}`,
      );
    await migrate(connector);
    this.source = await this.newSource().initialize();
    // Between pg-pool taking its listener off a new connection and TypeORM putting its own on, a connection that breaks
    // would find nobody listening, and that ends a process. What runs on it is rejected in any case.
    (this.source.driver as unknown as { master: Pool }).master.on('connect', (client) => {
      client.on('error', () => undefined);
      this.watchdog.know(client as unknown as SessionClient);
    });
  }

  private newSource(): DataSource {
    const { maxSize, minIdle, statementTimeoutSecs } = this.config.pool;
    return new DataSource({
      type: 'postgres',
      entities,
      poolErrorHandler: (error: Error) => this.logger.warn(`An idle connection broke: ${error.message}`),
      extra: {
        ...this.server.connector.options({
          application_name: 'hookline',
          // What is sent one after another on a connection does not wait for the answers in between.
          pipeline: true,
          query_timeout: statementTimeoutSecs * 1000 + SAY_SO_MS,
          keepAlive: true,
          types: TYPES,
          connectionTimeoutMillis: this.connectTimeoutMs,
        }),
        max: maxSize,
        min: minIdle,
      },
    });
  }

  /** All attempts to get a connection together take the configured time, however many they are. */
  private get connectTimeoutMs(): number {
    return Math.ceil((this.config.pool.timeoutSecs * 1000) / this.config.pool.acquireAttempts);
  }

  /** A database that is not there when the process starts is waited for; until it comes, callers are refused. */
  private openLater(): void {
    this.opening = setTimeout(() => {
      this.open().then(
        () => this.logger.log('The database is there'),
        (error: unknown) => {
          if (!isConnectionFault(error)) this.logger.error('The database cannot be used', String(error));
          this.openLater();
        },
      );
    }, REOPEN_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.opening);
    this.breaker.shutdown();
    this.watchdog.stop();
    await this.source?.destroy();
    await this.server.stop();
  }

  /** Runs one statement, in a transaction of its own. */
  run<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]> {
    return this.guarded(statement.name, (connection) =>
      this.inSession(connection, () => connection.run(statement, ...params)),
    );
  }

  /**
   * Runs one statement around the breaker: for signs of life, which others judge this replica by. Callers are refused
   * while the breaker is open, but work that is in flight goes on, and must not be taken for abandoned.
   */
  runPastBreaker<Params extends unknown[], Row>(statement: Statement<Params, Row>, ...params: Params): Promise<Row[]> {
    const run = () =>
      this.withConnection((connection) => this.inSession(connection, () => connection.run(statement, ...params)));
    // Once is enough, for nothing is prepared from then on. It may be the first statement of a process that starts.
    return run()
      .catch((error) => (isStatementMixUp(error) ? run() : Promise.reject(error as Error)))
      .catch((error: unknown) => Promise.reject((this.refusals.of(error) ?? error) as Error));
  }

  /** Runs `work` in a transaction; deadlocks and serialization failures start it again, so it must have no other effects. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.guarded('transaction', (connection) =>
      connection.transaction(this.server.connector.begin + BY_KEY, () => work(connection)),
    );
  }

  /** Reads through entities, where clarity counts more than microseconds. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.guarded('read', (connection, runner) => this.inSession(connection, () => work(runner.manager)));
  }

  /**
   * Asks the database for a sign of life, going around breaker and pool, so that neither a full pool nor what waits for
   * it is taken for a fault of the database. Rejects when there is no answer in time.
   */
  probe(timeoutMs: number): Promise<void> {
    return probe(this.client({ ...PROBE, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs }));
  }

  /** A client that connects to the database past the pool: for `LISTEN`, which needs a session of its own. */
  client(options: ClientConfig): SessionClient {
    return this.server.connector.client(options);
  }

  get poolStats(): { max: number; total: number; idle: number; waiting: number } {
    const pool = (this.source?.driver as { master?: Pool } | undefined)?.master;
    return {
      max: this.config.pool.maxSize,
      total: pool?.totalCount ?? 0,
      idle: pool?.idleCount ?? 0,
      waiting: pool?.waitingCount ?? 0,
    };
  }

  /** For how many ms the caller that has waited longest has had no connection; 0 when nobody waits. */
  get longestWaitMs(): number {
    return this.acquisition.longestWaitMs;
  }

  get breakerState(): Breaker['state'] {
    return this.breaker.state;
  }

  /** Until the schema is up to date. The pool is only opened after that. */
  get migrationsPending(): boolean {
    return !this.source?.isInitialized;
  }

  private connected(): DataSource {
    if (!this.source?.isInitialized) throw new DatabaseUnavailable('The database is not connected', 1);
    return this.source;
  }

  /** @param name in traces. */
  private guarded<T>(name: string, work: (connection: Connection, runner: QueryRunner) => Promise<T>): Promise<T> {
    return this.tracing.transaction(name, () => this.repeated(work));
  }

  private async repeated<T>(work: (connection: Connection, runner: QueryRunner) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.breaker.run(() => this.withConnection(work));
      } catch (error) {
        const repeats = isRetryable(error) || isStatementMixUp(error);
        if (!repeats || attempt >= MAX_TRANSACTION_ATTEMPTS) throw this.refusals.of(error) ?? error;
        this.metrics.database.retried((error as { code: string }).code);
        await sleep(backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, attempt));
      }
    }
  }

  private async withConnection<T>(work: (connection: Connection, runner: QueryRunner) => Promise<T>): Promise<T> {
    const { runner, client } = await this.acquisition.get();
    const connection = new Connection(client, this.record, this.prepared);
    try {
      return await this.watchdog.work(client, () => work(connection, runner));
    } catch (error) {
      // Nobody knows what such a connection still waits for: the pool throws away one that is ending.
      if (isConnectionFault(error)) void client.end().catch(() => undefined);
      if (this.prepared && isStatementMixUp(error)) {
        this.prepared = false;
        this.logger.warn(
          'A pooler mixes up prepared statements: they are not prepared any more, which costs some time',
        );
      }
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** Runs statements that need no transaction but one with the settings which a pooler does not pass on. */
  private inSession<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
    const { needsTransactions, begin } = this.server.connector;
    return needsTransactions ? connection.transaction(begin, work) : work();
  }

  private readonly record = (statement: string, ms: number): void => {
    const isSlow = ms >= this.config.slowQueryMs;
    this.metrics.database.queried(statement, ms, isSlow);
    if (isSlow) this.logger.warn('Slow query', { statement, ms: Math.round(ms) });
  };
}
