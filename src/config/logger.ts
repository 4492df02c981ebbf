import { ConsoleLogger, type ConsoleLoggerOptions, type LogLevel } from '@nestjs/common';
import type { TraceContext } from '../domain/trace-context';
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
  constructor(
    options: ConsoleLoggerOptions,
    private readonly traced: () => TraceContext | undefined,
  ) {
    super(options);
  }

  /** Says in which trace a line was written, as log stores that know of traces look for it. */
  protected override getJsonLogObject(...line: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const [, trace_id, span_id] = this.traced()?.traceparent.split('-') ?? [];
    return { ...super.getJsonLogObject(...line), ...(trace_id && { trace_id, span_id }) };
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTER.has(rest.at(-1))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/**
 * Writes logs for whoever reads them: one JSON object a line in production and into files and pipes, coloured text on
 * a terminal. An object passed after the message becomes fields of the line: `logger.log('Batch created', { batch_id })`.
 * @param traced what is under way where a line is written, if it is traced.
 */
export function createLogger(
  config: Pick<Config, 'production' | 'logLevel'>,
  traced: () => TraceContext | undefined,
): ConsoleLogger {
  const json = config.production || !process.stdout.isTTY;
  return new ServiceLogger({ json, flattenParams: true, logLevels: LEVELS[config.logLevel] }, traced);
}
