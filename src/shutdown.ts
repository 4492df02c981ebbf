import type { INestApplication } from '@nestjs/common';

/**
 * Shuts the service down on SIGTERM, SIGINT and the like. Each step waits for the one before:
 *
 * 1. `ServiceAdapter.beforeClose`: `/ready` answers 503, and answers ask clients to close their connections.
 * 2. `onModuleDestroy`: loops begin no iteration, and wait until calls in flight are recorded; event streams end.
 * 3. `beforeApplicationShutdown`: the worker signs off, and the connection for wake-ups ends.
 * 4. `ServiceAdapter.close`: clients have 2 seconds to leave, requests in flight 5 more seconds to be answered.
 * 5. `onApplicationShutdown`: connections to receivers and to the database end; the last spans are exported.
 */
export function shutDownOnSignals(app: INestApplication): void {
  app.enableShutdownHooks([], { useProcessExit: true });
}
