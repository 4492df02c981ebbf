import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Guard } from './access/guard';
import type { Config } from './config/config';
import { ServiceAdapter } from './http/adapter';
import { serveOpenApi } from './http/openapi';
import { BodyPipe } from './http/pipes';
import { ProblemFilter } from './http/problem.filter';

/** The HTTP server of the service, to create the application with. */
export function createAdapter(config: Config): ServiceAdapter {
  return new ServiceAdapter(config.limits, Guard.of(config.access));
}

/** Installs what every endpoint shares; to be called before the application is initialised. */
export function setUpApp(app: NestFastifyApplication): void {
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(new BodyPipe());
  serveOpenApi(app);
}
