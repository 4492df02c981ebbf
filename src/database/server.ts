import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Connector } from './connector';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded';
import { findLost, probe } from './probe';

const PROBE = { application_name: 'hookline probe' };

/** The database server: the one that `DATABASE_URL` names, or an embedded one that lives and ends with this process. */
@Injectable()
export class DatabaseServer {
  private readonly logger = new Logger(DatabaseServer.name);
  private embedded?: EmbeddedPostgres;
  private made?: Connector;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Starts the embedded server if `DATABASE_URL` is not set. */
  async start(): Promise<void> {
    if (this.config.databaseUrl) return;
    if (this.config.production) this.logger.warn('DATABASE_URL is not set: the embedded PostgreSQL is for development');
    this.embedded = await startEmbeddedPostgres(this.config.embeddedDataDir);
    const { attached, dataDir } = this.embedded;
    this.logger.log(`Embedded PostgreSQL ${attached ? 'joined' : 'started'} in ${dataDir}`);
  }

  /** Returns what makes connections; may be called once `start` has resolved. */
  get connector(): Connector {
    // The server cancels a slow statement. If not even that is answered, the connection is dropped.
    const timeoutMs = this.config.pool.statementTimeoutSecs * 1000;
    return (this.made ??= new Connector(
      this.embedded?.url() ?? this.config.databaseUrl!,
      { statement_timeout: String(timeoutMs) },
      { transaction_timeout: String(2 * timeoutMs) },
      // PGSSLMODE and the like are about another server.
      this.embedded ? {} : process.env,
    ));
  }

  /** Checks on a new connection that the database answers and accepts changes; rejects otherwise, or after `timeoutMs`. */
  probe(timeoutMs: number): Promise<void> {
    const timeouts = { connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs };
    return probe(this.connector.client({ ...PROBE, ...timeouts }));
  }

  /** Asks on a new connection which of these sessions are lost; see `findLost`. */
  findLost(sessions: number[], idleMs: number, timeoutMs: number): Promise<number[]> {
    return findLost(this.connector.client(PROBE), sessions, idleMs, timeoutMs);
  }

  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}
