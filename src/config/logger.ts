import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from './config';

const LEVELS: Record<Config['logLevel'], LogLevel[]> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug'],
  trace: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

// What the framework says of every module and route at start: a hundred lines that only someone debugging it wants.
const CHATTER = new Set<unknown>([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

class ServiceLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTER.has(rest.at(-1))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/**
 * Writes logs for whoever reads them: one JSON object a line in production and into files and pipes, coloured text on
 * a terminal. An object passed after the message becomes fields of the line: `logger.log('Batch created', { batch_id })`.
 */
export function createLogger(config: Pick<Config, 'production' | 'logLevel'>): ConsoleLogger {
  const json = config.production || !process.stdout.isTTY;
  return new ServiceLogger({ json, flattenParams: true, logLevels: LEVELS[config.logLevel] });
}
