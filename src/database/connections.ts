import { Inject, Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { QueryRunner } from 'typeorm';
import { CONFIG, type Config } from '../config/config';
import { Metrics } from '../metrics/metrics';
import { Connection } from './connection';
import { isConnectionFault, isStatementMixUp } from './faults';
import { DatabasePool } from './pool';
import { DatabaseServer } from './server';
import type { Tx } from './statement';
import { Watchdog } from './watchdog';

/**
 * Transactions find their rows by key. Where one batch makes up most of the tables, the planner would rather read whole
 * tables at each step through the graph: failing a parent of 10,000 took 48 s.
 */
const BY_KEY = '; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan';

/**
 * The first run of a statement on a connection also parses and plans it, with empty caches. When a process starts, all loops
 * do so at once, on new connections: up to several hundred ms each on a busy machine, and no sign of a slow database.
 */
const FIRST_RUN_FACTOR = 5;

type Work<T> = (connection: Connection, runner: QueryRunner) => Promise<T>;

/** Lends connections of the pool to one piece of work each, and records how long its statements take. */
@Injectable()
export class Connections {
  private readonly logger = new Logger('Database');
  /** PostgreSQL keeps plans by the name of the statement, unless a pooler mixes up connections. */
  private prepared = true;
  /** Names of the statements that have run on a connection. */
  private readonly ran = new WeakMap<PoolClient, Set<string>>();

  constructor(
    private readonly server: DatabaseServer,
    private readonly pool: DatabasePool,
    private readonly watchdog: Watchdog,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Runs `work` in a transaction. */
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.lend((connection) =>
      connection.transaction(this.server.connector.begin + BY_KEY, () => work(connection)),
    );
  }

  /** Runs `work` without a transaction, or in one where only that gives the session its settings. */
  inSession<T>(work: Work<T>): Promise<T> {
    return this.lend((connection, runner) => {
      // Known only once the pool is open; by now it is, as it has lent a connection.
      const { needsTransactions, begin } = this.server.connector;
      const run = () => work(connection, runner);
      return needsTransactions ? connection.transaction(begin, run) : run();
    });
  }

  private async lend<T>(work: Work<T>): Promise<T> {
    const { runner, client } = await this.pool.acquire();
    const connection = new Connection(client, this.recorder(client), this.prepared);
    try {
      return await this.watchdog.work(client, () => work(connection, runner));
    } catch (error) {
      // The state of such a connection is unknown. The pool discards one that is ending.
      if (isConnectionFault(error)) void client.end().catch(() => undefined);
      if (this.prepared && isStatementMixUp(error)) {
        this.prepared = false;
        this.logger.warn('A pooler mixes up prepared statements: statements are no longer prepared, which is slower');
      }
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** Returns what records the durations of statements on a connection. */
  private recorder(client: PoolClient): (statement: string, ms: number) => void {
    const ran = this.ran.get(client) ?? new Set();
    this.ran.set(client, ran);
    return (statement, ms) => {
      const isSlow = ms >= this.config.slowQueryMs * (ran.has(statement) ? 1 : FIRST_RUN_FACTOR);
      ran.add(statement);
      this.metrics.database.queried(statement, ms, isSlow);
      if (isSlow) this.logger.warn('Slow query', { statement, ms: Math.round(ms) });
    };
  }
}
