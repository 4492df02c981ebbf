import {
  type BeforeApplicationShutdown,
  type INestApplication,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  ShutdownSignal,
} from '@nestjs/common';

const logger = new Logger('Shutdown');

/**
 * Shuts the service down on SIGTERM, SIGINT and the like. Each step waits for the one before, and logs its beginning:
 *
 * 1. `ServiceAdapter.beforeClose`: `/ready` answers 503, and answers ask clients to close their connections.
 * 2. `onModuleDestroy`: loops begin no iteration, and wait until calls in flight are recorded; event streams end.
 * 3. `beforeApplicationShutdown`: the worker signs off, and the connection for wake-ups ends.
 * 4. `ServiceAdapter.close`: clients have 2 seconds to leave, requests in flight 5 more seconds to be answered.
 * 5. `onApplicationShutdown`: connections to receivers and to the database end; the last spans are exported.
 */
export function shutDownOnSignals(app: INestApplication): void {
  for (const signal of Object.values(ShutdownSignal)) {
    process.once(signal, () => {
      logger.log(`Received ${signal}: /ready answers 503 from now on`);
      process.once('exit', (code) => logger.log('Stopped', { code }));
    });
  }
  app.enableShutdownHooks([], { useProcessExit: true });
}

/** Logs the steps of a shutdown. A provider of the root module: hooks of that are called before all others. */
@Injectable()
export class ShutdownLog implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  onModuleDestroy(): void {
    logger.log('No new work is started; waiting for calls in flight');
  }

  beforeApplicationShutdown(): void {
    logger.log('No call is in flight; signing off as a worker');
  }

  onApplicationShutdown(): void {
    logger.log('All requests are answered; closing connections to receivers and to the database');
  }
}
