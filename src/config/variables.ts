import { isIP } from 'node:net';
import { z } from 'zod';
import { DATABASE_URL_FORM, isDatabaseUrl } from './database-url';
import { inBrackets, isAddressOrCidr, isBase, isHostName, isHostOrDomain, isUrlOf, withoutWildcard } from './hosts';
import { isSigningSecret, isToken } from './secrets';

/** What the person who sets a variable reads of it, in `.env.example`, docs/configuration.md and the faults at start. */
interface Documentation {
  description: string;
  /** In what the value is counted; absent for texts and switches. */
  unit?: string;
  /** The least and the greatest value, of numbers. */
  range?: readonly [min: number, max: number];
  /** What happens without the variable, where that is more than a plain value. */
  fallback?: string;
  /** The value may hold a password and is never repeated. */
  secret?: boolean;
}

const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
const OTLP_PROTOBUF = 'http/protobuf';
export const OTLP_JSON = 'http/json';
const DAY_MS = 86_400_000;
const DAY_SECS = 86_400;
/** A JavaScript string, which the body becomes, cannot hold much more than twice this. */
const LARGEST_BODY_BYTES = 268_435_456;

const switchValues = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['on', true],
  ['0', false],
  ['false', false],
  ['no', false],
  ['off', false],
]);

function whole(min: number, max: number, fallback: number, unit: string, description: string) {
  const must = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, must)
    .transform(Number)
    .refine((value) => value >= min && value <= max, must)
    .default(fallback)
    .meta({ description, unit, range: [min, max] } satisfies Documentation);
}

const switched = z
  .string()
  .refine((value) => switchValues.has(value.toLowerCase()), 'must be 1, 0, true or false')
  .transform((value) => switchValues.get(value.toLowerCase())!);

function onOff(fallback: boolean, description: string) {
  return switched.default(fallback).meta({ description, unit: '1 or 0' } satisfies Documentation);
}

const HOSTS = 'host names, IP addresses or domains like .a.example';

/** Texts with commas between them; `trimmed` makes the item of what stands there. */
function listOf(
  what: string,
  isOne: (item: string) => boolean,
  description: string,
  trimmed = (text: string) => text.trim(),
  fallback?: string,
) {
  return z
    .string()
    .transform((value) => value.split(',').map(trimmed).filter(Boolean))
    .refine((items) => items.every(isOne), `must be ${what} with commas between them`)
    .default([])
    .meta({ description, unit: `${what}, with commas between them`, fallback } satisfies Documentation);
}

/** Secrets with commas between them: the first is used, the others still hold, so that one can be replaced. */
function secretsOf(what: string, isOne: (item: string) => boolean, description: string, fallback: string) {
  return (
    z
      .string()
      .transform((value) => value.split(',').map((item) => item.trim()))
      // Nothing between two commas is a secret that was lost on its way here, and no secret at all would open the service.
      .refine((items) => items.every(isOne), `must be ${what} with commas between them`)
      .default([])
      .meta({ description, unit: `${what}, with commas between them`, fallback, secret: true } satisfies Documentation)
  );
}

/** Read by the SDK of OpenTelemetry from the environment itself, and here only to be known. */
function openTelemetry(description: string, fallback: string, secret = false) {
  return z
    .string()
    .optional()
    .meta({ description, fallback, secret } satisfies Documentation);
}

/**
 * Every environment variable: its form, its default, and what it is for. `.env.example` and docs/configuration.md are
 * written from this table, in this order.
 */
export const variables = z.object({
  DATABASE_URL: z
    .string()
    .refine(isDatabaseUrl, DATABASE_URL_FORM)
    .optional()
    .meta({
      description: 'The PostgreSQL database to use.',
      fallback: 'an embedded PostgreSQL is started, which is not meant for production',
      secret: true,
    } satisfies Documentation),
  EMBEDDED_DATA_DIR: z
    .string()
    .default('./.data/postgres')
    .meta({ description: 'Where the embedded PostgreSQL keeps its data.' } satisfies Documentation),
  HOST_URL: z
    .string()
    .refine(isBase, 'must be an http or https URL without credentials, query or fragment')
    .transform((value) => value.replace(/\/+$/, ''))
    .optional()
    .meta({
      description: 'How receivers reach this service: the callback URLs that they are handed begin with it.',
      fallback: 'http://localhost:{PORT}',
    } satisfies Documentation),
  PORT: whole(1, 65_535, 8085, 'TCP port', 'The port on which the service listens.'),
  LISTEN_ADDRESS: listOf(
    'IP addresses',
    (item) => isIP(item) !== 0,
    'On which addresses the service listens: `::` is every address, `0.0.0.0` every IPv4 address.',
    undefined,
    '`::`, but only 127.0.0.1 and ::1 without AUTH_TOKEN, unless NODE_ENV=production',
  ),
  LOG_LEVEL: z
    .string()
    .toLowerCase()
    .pipe(z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`))
    .default('info')
    .meta({ description: `The least important messages to log: ${LOG_LEVELS.join(', ')}.` } satisfies Documentation),

  AUTH_TOKEN: secretsOf(
    'tokens of at least 16 visible ASCII characters',
    isToken,
    'Whoever calls this service must have one of these; several, so that one can be replaced (docs/access.md).',
    'whoever reaches the port can do everything',
  ),
  HANDLE_SECRET: secretsOf(
    'secrets of at least 16 visible ASCII characters',
    isToken,
    'What the tokens in callback URLs are signed with if AUTH_TOKEN is set: the first signs, all are accepted.',
    'the values of AUTH_TOKEN',
  ),
  HANDLE_TOKEN_TTL_SECS: whole(
    60,
    3_153_600_000,
    2_592_000,
    'seconds',
    'How long a callback URL can be used if AUTH_TOKEN is set: longer than any task takes.',
  ),

  POOL_MAX_SIZE: whole(1, 10_000, 10, 'connections', 'Database connections of one process at most.'),
  POOL_MIN_IDLE: whole(0, 10_000, 0, 'connections', 'Kept open while idle; never more than POOL_MAX_SIZE.'),
  POOL_ACQUIRE_RETRIES: whole(0, 100, 3, 'attempts', 'To get a connection, before a caller is refused; 0 is one too.'),
  POOL_TIMEOUT_SECS: whole(1, DAY_SECS, 30, 'seconds', 'How long all attempts to get a connection may take together.'),
  STATEMENT_TIMEOUT_SECS: whole(1, DAY_SECS, 60, 'seconds', 'After which a statement is given up, migrations aside.'),
  SLOW_QUERY_THRESHOLD_MS: whole(0, DAY_MS, 100, 'milliseconds', 'Statements that take as long are logged.'),

  CIRCUIT_BREAKER_ENABLED: onOff(true, 'Answer 503 at once while the database cannot be reached.'),
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: whole(1, 100_000, 5, 'failures', 'Connection failures that open the breaker.'),
  CIRCUIT_BREAKER_FAILURE_WINDOW_SECS: whole(1, DAY_SECS, 10, 'seconds', 'Within which these failures are counted.'),
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS: whole(
    1,
    DAY_SECS,
    30,
    'seconds',
    'Longest pause between probes of an open breaker.',
  ),
  CIRCUIT_BREAKER_SUCCESS_THRESHOLD: whole(1, 1000, 2, 'probes', 'Successes in a row that close the breaker.'),

  PAGINATION_DEFAULT: whole(1, 10_000, 50, 'rows', 'Page size when a list is asked for without one.'),
  PAGINATION_MAX: whole(1, 10_000, 100, 'rows', 'Largest page size; larger ones are cut to it.'),

  WORKER_ENABLED: onOff(true, 'Start tasks and deliver notifications in this process; 0: serve the API only.'),
  WORKER_LOOP_INTERVAL_MS: whole(1, DAY_MS, 1000, 'milliseconds', 'Longest pause before looking for tasks to start.'),
  WORKER_CLAIM_TIMEOUT_SECS: whole(1, DAY_SECS, 30, 'seconds', 'Age at which the claim of a lost worker is undone.'),
  WORKER_START_BATCH_SIZE: whole(1, 100_000, 500, 'tasks', 'Tasks claimed at once at most.'),
  WORKER_TIMEOUT_BATCH_SIZE: whole(1, 100_000, 500, 'tasks', 'Silent tasks and stale claims handled at once at most.'),
  WORKER_WEBHOOK_CONCURRENCY: whole(
    1,
    100_000,
    256,
    'calls',
    'on_start calls in flight at most; one host has three quarters of what the others leave.',
  ),

  BATCH_CHANNEL_CAPACITY: whole(1, 1_000_000, 10_000, 'increments', 'Progress increments that may wait to be written.'),
  BATCH_FLUSH_INTERVAL_MS: whole(0, 60_000, 0, 'milliseconds', 'Pause between two writes of increments; 0: none.'),

  WEBHOOK_DELIVERY_INTERVAL_MS: whole(1, DAY_MS, 1000, 'milliseconds', 'Longest pause before looking for deliveries.'),
  WEBHOOK_DELIVERY_BATCH_SIZE: whole(1, 100_000, 500, 'deliveries', 'Deliveries taken up at once at most.'),
  WEBHOOK_DELIVERY_LEASE_SECS: whole(
    1,
    DAY_SECS,
    60,
    'seconds',
    'How long a delivery belongs to the worker that took it up; a call is given up before that is over.',
  ),
  WEBHOOK_DELIVERY_CONCURRENCY: whole(1, 100_000, 256, 'calls', 'Notifications in flight at most.'),
  WEBHOOK_MAX_ATTEMPTS: whole(1, 1000, 10, 'attempts', 'After which a notification is exhausted.'),
  WEBHOOK_RETRY_BACKOFF_BASE_SECS: whole(
    0,
    DAY_SECS,
    2,
    'seconds',
    'Delay before the second attempt; it then doubles.',
  ),
  WEBHOOK_RETRY_BACKOFF_CAP_SECS: whole(0, DAY_SECS, 300, 'seconds', 'Longest delay between two attempts.'),
  WEBHOOK_TIMEOUT_SECS: whole(1, DAY_SECS, 10, 'seconds', 'For the whole exchange of one webhook call.'),

  WEBHOOK_SIGNING_SECRET: secretsOf(
    'secrets like whsec_{base64 of 24 to 64 bytes}',
    isSigningSecret,
    'Sign webhooks as the Standard Webhooks specification says, with each of these.',
    'webhooks are not signed',
  ),

  SKIP_SSRF_VALIDATION: switched.optional().meta({
    description: 'Send webhooks anywhere, also to private and internal hosts.',
    unit: '1 or 0',
    fallback: '1, but 0 with NODE_ENV=production',
  } satisfies Documentation),
  BLOCKED_HOSTNAMES: listOf(
    HOSTS,
    isHostOrDomain,
    'Hosts that are refused besides private and internal ones; a leading dot includes every name below.',
    inBrackets,
  ),
  BLOCKED_HOSTNAME_SUFFIXES: listOf(
    'domains',
    isHostName,
    'Domains that are refused with every name below them.',
    withoutWildcard,
  ),
  ALLOWED_HOSTNAMES: listOf(
    HOSTS,
    isHostOrDomain,
    'Hosts that are allowed, wherever their names lead; a leading dot includes every name below.',
    inBrackets,
  ),
  ALLOWED_CIDRS: listOf('addresses or ranges like 10.1.0.0/16', isAddressOrCidr, 'Private addresses that are allowed.'),

  DEAD_END_CANCEL_ENABLED: onOff(true, 'Cancel tasks whose children have all ended without them.'),

  RETENTION_ENABLED: onOff(false, 'Remove tasks that ended long ago, and everything about them.'),
  RETENTION_DAYS: whole(0, 36_500, 30, 'days', 'How long ended tasks are kept.'),
  RETENTION_CLEANUP_INTERVAL_SECS: whole(1, DAY_SECS, 3600, 'seconds', 'Pause between two clean-ups.'),
  RETENTION_BATCH_SIZE: whole(1, 100_000, 1000, 'tasks', 'Tasks removed in one transaction at most.'),

  TRACING_ENABLED: onOff(false, 'Record spans and send them to an OpenTelemetry collector (docs/tracing.md).'),
  OTEL_EXPORTER_OTLP_ENDPOINT: openTelemetry('The collector, without /v1/traces.', 'http://localhost:4318'),
  OTEL_EXPORTER_OTLP_HEADERS: openTelemetry('Sent to the collector: name=value, with commas between.', 'none', true),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .string()
    .default(OTLP_PROTOBUF)
    .meta({ description: `How spans are written: ${OTLP_PROTOBUF} or ${OTLP_JSON}.` } satisfies Documentation),
  OTEL_SERVICE_NAME: openTelemetry('What this service is called in traces.', 'hookline'),
  OTEL_RESOURCE_ATTRIBUTES: openTelemetry('What else traces say of it: name=value, with commas between.', 'nothing'),
  OTEL_TRACES_SAMPLER: openTelemetry('Which traces are recorded.', 'parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: openTelemetry('For parentbased_traceidratio: the share of traces, 0 to 1.', '1'),

  MAX_TASKS_PER_BATCH: whole(1, 1_000_000, 10_000, 'tasks', 'Tasks in one request at most.'),
  MAX_LINKS_PER_BATCH: whole(
    1,
    10_000_000,
    200_000,
    'dependencies',
    'Dependencies of all tasks of one request at most.',
  ),
  MAX_DEPS_PER_TASK: whole(1, 1_000_000, 1000, 'dependencies', 'Dependencies of one task at most.'),
  MAX_ACTIONS_PER_TASK: whole(1, 10_000, 20, 'actions', 'Start, success and failure actions of one task at most.'),
  PAYLOAD_MAX_BYTES: whole(
    1,
    LARGEST_BODY_BYTES,
    16_777_216,
    'bytes',
    'Size of a request body at most; a report on one task has at most 512 KiB.',
  ),
});

/** The variables, and how they must suit each other. */
export const environment = variables
  // Where nothing is traced, these may be meant for others on the same machine.
  .refine(
    (values) => !values.TRACING_ENABLED || [OTLP_PROTOBUF, OTLP_JSON].includes(values.OTEL_EXPORTER_OTLP_PROTOCOL),
    {
      path: ['OTEL_EXPORTER_OTLP_PROTOCOL'],
      error: `must be ${OTLP_PROTOBUF} or ${OTLP_JSON}`,
      when: () => true,
    },
  )
  .refine(
    ({ TRACING_ENABLED, OTEL_EXPORTER_OTLP_ENDPOINT: url }) =>
      !TRACING_ENABLED || url === undefined || isUrlOf(['http:', 'https:'])(url),
    { path: ['OTEL_EXPORTER_OTLP_ENDPOINT'], error: 'must be an http or https URL', when: () => true },
  );

/** A variable as the files that are written from it, and the faults at start, speak of it. */
export interface Variable extends Documentation {
  name: string;
  /** As one would write it in the environment; absent when there is no plain one. */
  default?: string;
}

/** The table above in a form that can be printed. */
export function describeVariables(): Variable[] {
  return Object.entries(variables.shape).map(([name, schema]) => {
    const value = schema.safeParse(undefined).data;
    const text = typeof value === 'boolean' ? String(Number(value)) : value?.toString();
    return { name, ...(schema.meta() as unknown as Documentation), default: text };
  });
}
