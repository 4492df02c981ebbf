import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessPolicy } from './access/access-policy';
import { LoopbackPolicy } from './access/loopback-policy';
import type { Config } from './config/config';
import { ServiceAdapter } from './http/adapter';
import { LoadShedding } from './http/load-shedding';
import { serveOpenApi } from './http/openapi';
import { ProblemFilter } from './http/problem.filter';
import { UNTRACED } from './tracing/untraced';

/** The HTTP server of the service, to create the application with. */
export function createAdapter(config: Config, tracing = UNTRACED): ServiceAdapter {
  // Increments have a limit of their own, and callers beyond it wait.
  const backlog = new LoadShedding({ PUT: config.counters.channelCapacity });
  const guard = AccessPolicy.of(config.access) ?? new LoopbackPolicy(config);
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
