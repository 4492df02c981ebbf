import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Guard } from './access/guard';
import { OpenGuard } from './access/open-guard';
import type { Config } from './config/config';
import { ServiceAdapter } from './http/adapter';
import { Backlog } from './http/backlog';
import { serveOpenApi } from './http/openapi';
import { ProblemFilter } from './http/problem.filter';
import { UNTRACED } from './tracing/untraced';

/** The HTTP server of the service, to create the application with. */
export function createAdapter(config: Config, tracing = UNTRACED): ServiceAdapter {
  // Increments have a limit of their own, and callers beyond it wait.
  const backlog = new Backlog({ PUT: config.counters.channelCapacity });
  const guard = Guard.of(config.access) ?? new OpenGuard(config);
  return new ServiceAdapter(config.limits, { guard, backlog, tracing });
}

/**
 * Installs what every endpoint shares; to be called before the application is initialised.
 * @param basePath below which clients reach the service, as in `Config`.
 */
export function setUpApp(app: NestFastifyApplication, basePath = ''): void {
  app.useGlobalFilters(new ProblemFilter());
  serveOpenApi(app, basePath);
}
