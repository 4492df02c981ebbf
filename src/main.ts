import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { version } from '../package.json';
import { AppModule } from './app.module';
import type { Config } from './config/config';
import { createLogger } from './config/logger';
import { configuration } from './configuration';
import { Database } from './database/database';
import { StartError } from './domain/errors';
import { ServiceAdapter } from './http/adapter';
import { EXPLORER_PATH, serveOpenApi } from './http/openapi';
import { shutDownOnSignals } from './shutdown';
import { startTracing } from './tracing/start-tracing';

/**
 * Limits the growth of the heap between two full collections. By default, V8 lets it grow to two to four times the memory
 * in use. Under load this saves 150 of 350 MiB, and costs a few percent of CPU time (docs/performance.md). `npm start` also
 * limits the space for new objects: that limit can only be set when the process starts.
 */
setFlagsFromString('--heap-growing-percent=60');

const logger = new Logger('Hookline');

async function start(config: Config): Promise<void> {
  const tracing = await startTracing(config.tracing);
  Logger.overrideLogger(createLogger(config, () => tracing.here));
  logger.log(`Hookline ${version} starts`, { version, node: process.version });
  const adapter = new ServiceAdapter(config.limits, { tracing });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, tracing), adapter, {
    abortOnError: false,
  });
  serveOpenApi(app, config.basePath);
  shutDownOnSignals(app);
  let addresses: string[];
  try {
    await app.init();
    addresses = await adapter.listener.listen(config.listen.addresses, config.port);
  } catch (error) {
    await app.close();
    throw error;
  }
  report(config, addresses);
  await app.get(Database).whenOpen;
  logger.log(
    `Ready on port ${config.port}: explorer ${config.hostUrl}/${EXPLORER_PATH}/, health ${config.hostUrl}/health`,
  );
}

/** Logs the addresses of the service and who can reach them. */
function report({ port, access, listen }: Config, addresses: readonly string[]): void {
  const isOpen = access.tokens.length === 0;
  if (isOpen && !listen.loopbackOnly)
    logger.warn(`NO ACCESS CONTROL: anyone who can reach port ${port} can do everything; set AUTH_TOKEN`);
  const opens = isOpen ? 'AUTH_TOKEN or LISTEN_ADDRESS' : 'LISTEN_ADDRESS';
  const reach = listen.loopbackOnly ? `: only this machine can connect; set ${opens} to open it` : '';
  logger.log(`Listening on ${addresses.join(' and ')}${reach}`);
}

start(configuration()).catch((error: Error) => {
  logger.fatal(`Hookline cannot start: ${error.message}`, error instanceof StartError ? undefined : error.stack);
  process.exit(1);
});
