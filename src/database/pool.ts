import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config';
import { DatabaseUnavailable } from '../domain/errors';
import type { PoolStats } from '../metrics/database-metrics';
import { type Acquired, Acquisition } from './acquisition';
import { entities } from './entities';
import { isConnectionFault, isNotNow } from './faults';
import { migrate } from './migrate';
import { DatabaseServer } from './server';
import type { SessionClient } from './session-client';
import { TYPES } from './types';
import { Watchdog } from './watchdog';

const REOPEN_MS = 1000;
/** The server cancels a slow statement itself; its answer is awaited for this much longer. */
const CANCEL_ANSWER_MS = 2000;

/** The pool of connections: migrates the schema, then opens. A database that is away at start is awaited. */
@Injectable()
export class DatabasePool implements OnModuleInit, OnApplicationShutdown {
  /** Resolves once the schema is up to date and connections can be acquired. */
  readonly whenOpen: Promise<void>;
  private readonly logger = new Logger('Database');
  private markOpen: () => void;
  private readonly acquisition: Acquisition;
  private source?: DataSource;
  private reopening?: NodeJS.Timeout;

  constructor(
    private readonly server: DatabaseServer,
    private readonly watchdog: Watchdog,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const isFull = () => this.stats.total >= config.pool.maxSize;
    this.whenOpen = new Promise((resolve) => (this.markOpen = resolve));
    this.acquisition = new Acquisition(config.pool, () => this.opened(), isFull, watchdog);
  }

  async onModuleInit(): Promise<void> {
    await this.server.start();
    try {
      await this.open();
      this.markOpen();
    } catch (error) {
      if (!isConnectionFault(error) && !isNotNow(error)) throw error;
      this.logger.warn(`Waiting for the database: ${(error as Error).message}`);
      this.openLater();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.reopening);
    await this.source?.destroy();
    await this.server.stop();
  }

  /** Returns a connection, which the caller must release. */
  acquire(): Promise<Acquired> {
    return this.acquisition.get();
  }

  get isOpen(): boolean {
    return this.source?.isInitialized ?? false;
  }

  get stats(): PoolStats {
    const pool = (this.source?.driver as { master?: Pool } | undefined)?.master;
    return {
      max: this.config.pool.maxSize,
      total: pool?.totalCount ?? 0,
      idle: pool?.idleCount ?? 0,
      waiting: pool?.waitingCount ?? 0,
    };
  }

  /** Returns the longest time in ms for which a caller has been waiting for a connection; 0 when none waits. */
  get longestWaitMs(): number {
    return this.acquisition.longestWaitMs;
  }

  private async open(): Promise<void> {
    const { connector } = this.server;
    await connector.adapt({ application_name: 'hookline', connectionTimeoutMillis: this.connectTimeoutMs });
    const { missing } = connector;
    if (missing.length > 0)
      this.logger.warn(
        `The pooler in front of the database drops these settings: ${missing.join(', ')}. Transactions set them again; ` +
          `single statements ${connector.needsTransactions ? 'become transactions' : 'run without them'}`,
      );
    await migrate(connector);
    this.source = await this.newSource().initialize();
    // Between the listeners of pg-pool and TypeORM, a new connection has none for errors, and an error would end the process.
    // The statement that runs on it is rejected in any case.
    (this.source.driver as unknown as { master: Pool }).master.on('connect', (client) => {
      client.on('error', () => undefined);
      this.watchdog.know(client as unknown as SessionClient);
    });
  }

  private openLater(): void {
    this.reopening = setTimeout(() => {
      this.open().then(
        () => {
          this.logger.log('Connected to the database');
          this.markOpen();
        },
        (error: unknown) => {
          if (!isConnectionFault(error)) this.logger.error('The database cannot be used', String(error));
          this.openLater();
        },
      );
    }, REOPEN_MS).unref();
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
          // Statements are sent without waiting for the answers to earlier ones.
          pipeline: true,
          query_timeout: statementTimeoutSecs * 1000 + CANCEL_ANSWER_MS,
          keepAlive: true,
          types: TYPES,
          connectionTimeoutMillis: this.connectTimeoutMs,
        }),
        max: maxSize,
        min: minIdle,
      },
    });
  }

  /** All attempts to get a connection share the configured time. */
  private get connectTimeoutMs(): number {
    return Math.ceil((this.config.pool.timeoutSecs * 1000) / this.config.pool.acquireAttempts);
  }

  private opened(): DataSource {
    if (!this.source?.isInitialized) throw new DatabaseUnavailable('The database is not connected', 1);
    return this.source;
  }
}
