import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded';

/** Where the database is: the server that `DATABASE_URL` names, or an embedded one that lives and ends with this process. */
@Injectable()
export class DatabaseServer {
  private readonly logger = new Logger(DatabaseServer.name);
  private embedded?: EmbeddedPostgres;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Starts the embedded server if one is needed; answers the URL to connect to. */
  async start(): Promise<string> {
    if (!this.config.databaseUrl) {
      if (this.config.production)
        this.logger.warn('DATABASE_URL is not set: the embedded PostgreSQL is for development');
      this.embedded = await startEmbeddedPostgres(this.config.embeddedDataDir);
      this.logger.log(
        `Embedded PostgreSQL ${this.embedded.attached ? 'joined' : 'started'} in ${this.embedded.dataDir}`,
      );
    }
    return this.url;
  }

  get url(): string {
    return this.embedded?.url() ?? this.config.databaseUrl!;
  }

  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}
