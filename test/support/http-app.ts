import type { LoggerService, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ConfigModule } from '../../src/config/config.module';
import { loadConfig } from '../../src/config/load';
import { ServiceAdapter } from '../../src/http/adapter';
import { HttpServerModule } from '../../src/http/http-server.module';
import { MetricsModule } from '../../src/metrics/metrics.module';
import { LoadShedding } from '../../src/http/load-shedding';

interface Options {
  adapter?: ServiceAdapter;
  loadShedding?: LoadShedding;
  logger?: LoggerService;
}

/** Starts an application with one controller and the HTTP server of the service, on a free port. */
export async function httpApp(
  controller: Type,
  { adapter = new ServiceAdapter(loadConfig({}).limits), loadShedding = new LoadShedding(), logger }: Options = {},
): Promise<NestFastifyApplication> {
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(loadConfig({})), HttpServerModule, MetricsModule],
    controllers: [controller],
  })
    .overrideProvider(LoadShedding)
    .useValue(loadShedding)
    .compile();
  const app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: logger ?? false });
  await app.listen(0, '127.0.0.1');
  return app;
}
