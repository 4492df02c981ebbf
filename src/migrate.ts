import { createLogger } from './config/logger';
import { configuration } from './configuration';
import { Connector } from './database/connector';
import { migrate } from './database/migrate';

/**
 * Brings the schema of `DATABASE_URL` up to date, and exits: with 0, or with 1 and the reason. A deployment runs it before
 * it replaces replicas, which then find nothing to migrate. It may also run beside them, and more than once at a time.
 */
async function run(): Promise<void> {
  const config = configuration();
  const logger = createLogger(config, () => undefined);
  logger.setContext('Migrations');
  try {
    if (!config.databaseUrl) throw new Error('DATABASE_URL is not set; the embedded PostgreSQL migrates as it starts');
    const connector = new Connector(config.databaseUrl);
    await connector.adapt({ application_name: 'hookline migrations' });
    const names = await migrate(connector);
    logger.log(names.length > 0 ? `Applied: ${names.join(', ')}` : 'The schema was up to date');
  } catch (error) {
    logger.fatal(`Cannot migrate: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

void run();
