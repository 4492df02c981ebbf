import { z } from 'zod';
import { DATABASE_URL_FORM, isDatabaseUrl } from '../database-url';
import { DAY_MS, DAY_SECS, type Documentation, onOff, whole } from './forms';

export const database = {
  title: 'Database',
  about: '[operations.md](operations.md) covers the number of connections, and PgBouncer.',
  variables: {
    DATABASE_URL: z
      .string()
      .refine(isDatabaseUrl, DATABASE_URL_FORM)
      .optional()
      .meta({
        description: 'URL of the PostgreSQL database.',
        fallback: 'an embedded PostgreSQL, which is not meant for production',
        secret: true,
      } satisfies Documentation),
    EMBEDDED_DATA_DIR: z
      .string()
      .default('./.data/postgres')
      .meta({ description: 'Data folder of the embedded PostgreSQL.' } satisfies Documentation),

    POOL_MAX_SIZE: whole(1, 10_000, 10, 'connections', 'Maximum number of database connections of one process.'),
    POOL_MIN_IDLE: whole(0, 10_000, 0, 'connections', 'Connections kept open while idle, at most POOL_MAX_SIZE.'),
    POOL_ACQUIRE_RETRIES: whole(
      0,
      100,
      3,
      'attempts',
      'Attempts to acquire a connection before answering 503; 0 is treated as 1.',
    ),
    POOL_TIMEOUT_SECS: whole(1, DAY_SECS, 30, 'seconds', 'Time for all attempts to acquire a connection together.'),
    STATEMENT_TIMEOUT_SECS: whole(
      1,
      DAY_SECS,
      60,
      'seconds',
      'Time after which a statement is canceled; migrations have no limit.',
    ),
    SLOW_QUERY_THRESHOLD_MS: whole(
      0,
      DAY_MS,
      100,
      'milliseconds',
      'Statements that take at least this long are logged; the first run on a connection may take five times as long.',
    ),

    CIRCUIT_BREAKER_ENABLED: onOff(true, 'Answer 503 at once while the database cannot be reached.'),
    CIRCUIT_BREAKER_FAILURE_THRESHOLD: whole(1, 100_000, 5, 'failures', 'Connection failures that open the breaker.'),
    CIRCUIT_BREAKER_FAILURE_WINDOW_SECS: whole(1, DAY_SECS, 10, 'seconds', 'Window in which the failures are counted.'),
    CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: whole(
      1,
      DAY_SECS,
      30,
      'seconds',
      'Longest pause between probes while the breaker is open.',
    ),
    CIRCUIT_BREAKER_SUCCESS_THRESHOLD: whole(
      1,
      1000,
      2,
      'probes',
      'Successful probes in a row that close the breaker.',
    ),
  },
};
