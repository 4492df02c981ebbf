import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Connector } from './connector';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded';

/** Where the database is: the server that `DATABASE_URL` names, or an embedded one that lives and ends with this process. */
@Injectable()
export class DatabaseServer {
  private readonly logger = new Logger(DatabaseServer.name);
  private embedded?: EmbeddedPostgres;
  private made?: Connector;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Starts the embedded server if one is needed. */
  async start(): Promise<void> {
    if (!this.config.databaseUrl) {
      if (this.config.production)
        this.logger.warn('DATABASE_URL is not set: the embedded PostgreSQL is for development');
      this.embedded = await startEmbeddedPostgres(this.config.embeddedDataDir);
      this.logger.log(
        `Embedded PostgreSQL ${this.embedded.attached ? 'joined' : 'started'} in ${this.embedded.dataDir}`,
      );
    }
  }

  /** Makes connections, when `start` is over. */
  get connector(): Connector {
    // The server gives a statement up first; where it does not even say so, the connection is given up.
    const timeoutMs = this.config.pool.statementTimeoutSecs * 1000;
    return (this.made ??= new Connector(
      this.embedded?.url() ?? this.config.databaseUrl!,
      { statement_timeout: String(timeoutMs) },
      { transaction_timeout: String(2 * timeoutMs) },
      // PGSSLMODE and the like are about another server.
      this.embedded ? {} : process.env,
    ));
  }

  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}
