import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module';
import { createAdapter, setUpApp } from './app.setup';
import type { Config } from './config/config';
import { ConfigurationError, loadConfig, readDotEnv } from './config/load';
import { createLogger } from './config/logger';
import { EXPLORER_PATH } from './http/openapi';
import { startTracing } from './tracing/start-tracing';

/**
 * The heap may grow by so much between two full collections. What V8 allows by itself is two to four times what is in
 * use: 350 MiB resident under load, where this makes it 200 for some percent more work (docs/performance.md).
 */
setFlagsFromString('--heap-growing-percent=60');

const logger = new Logger('Hookline');

function configuration(): Config {
  try {
    readDotEnv();
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

async function start(config: Config): Promise<void> {
  const tracing = await startTracing(config.tracing);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, tracing),
    createAdapter(config, tracing),
    { logger: createLogger(config, () => tracing.here), abortOnError: false },
  );
  setUpApp(app);
  app.enableShutdownHooks([], { useProcessExit: true });
  try {
    await app.init();
    await listen(app, config.port);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { hostUrl, production, access } = config;
  if (production && access.tokens.length === 0) {
    logger.warn(`NO ACCESS CONTROL: whoever reaches port ${config.port} can do everything; set AUTH_TOKEN`);
  }
  logger.log(`Ready on port ${config.port}: explorer ${hostUrl}/${EXPLORER_PATH}/, health ${hostUrl}/health`);
}

/** Listens without Nest's `listen`, which would log the fault that is reported here a second time. */
async function listen(app: NestFastifyApplication, port: number): Promise<void> {
  try {
    await app.getHttpAdapter().getInstance().listen({ port, host: '0.0.0.0' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new StartError(`Port ${port} is in use; set PORT to a free one`);
  }
}

/** A reason not to start that a person can do something about: a sentence, no stack. */
class StartError extends Error {}

start(configuration()).catch((error: Error) => {
  logger.fatal(`Hookline cannot start: ${error.message}`, error instanceof StartError ? undefined : error.stack);
  process.exit(1);
});
