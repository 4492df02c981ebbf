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

/** Nest's levels as `LOG_LEVEL` names them; others have the same name. */
const NAMES: Partial<Record<LogLevel, string>> = { log: 'info', verbose: 'trace' };

const nameOf = (level: LogLevel): string => NAMES[level] ?? level;

// Nest logs a hundred lines about modules and routes at start, which help only with debugging.
const CHATTER = new Set<unknown>([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/**
 * Nest's logger, with levels, times and trace ids as log stores expect them. nestjs-pino would add a dependency for the
 * same lines: its version 4 refuses NestJS 12, and version 5 needs Node 22.
 */
class ServiceLogger extends ConsoleLogger {
  constructor(
    options: ConsoleLoggerOptions,
    private readonly traced: () => TraceContext | undefined,
  ) {
    super(options);
  }

  /** Adds the ids of the trace. */
  protected override getJsonLogObject(...line: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const [, trace_id, span_id] = this.traced()?.traceparent.split('-') ?? [];
    return { ...super.getJsonLogObject(...line), ...(trace_id && { trace_id, span_id }) };
  }

  protected override stringifyJsonLogObject({
    timestamp,
    level,
    ...rest
  }: ReturnType<ServiceLogger['getJsonLogObject']>) {
    return super.stringifyJsonLogObject({ time: new Date(timestamp).toISOString(), level: nameOf(level), ...rest });
  }

  protected override formatMessage(...line: Parameters<ConsoleLogger['formatMessage']>): string {
    const [level, message, pid, , ...rest] = line;
    return super.formatMessage(level, message, pid, nameOf(level).toUpperCase().padStart(7), ...rest);
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTER.has(rest.at(-1))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/**
 * Returns a logger that writes coloured text on a terminal, and one JSON object a line elsewhere and in production. An
 * object after the message becomes fields of the line: `logger.log('Batch created', { batch_id })`.
 * @param traced returns the current trace, if any.
 */
export function createLogger(
  config: Pick<Config, 'production' | 'logLevel'>,
  traced: () => TraceContext | undefined,
): ConsoleLogger {
  const json = config.production || !process.stdout.isTTY;
  return new ServiceLogger(
    { json, prefix: 'Hookline', flattenParams: true, logLevels: LEVELS[config.logLevel] },
    traced,
  );
}
