import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { decode } from '../domain/decode';
import type { Config } from './config';
import { tlsOptions } from './database-tls';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url';
import { isLoopback } from './hosts';
import { nearest } from './nearest';
import { clientTokens, tokenFaults } from './tokens';
import { describeVariables, environment, type variables } from './variables';
import { OTLP_JSON } from './variables/tracing';

/** The environment is invalid, and the service must not start. */
export class ConfigurationError extends Error {
  constructor(
    /** One line for each fault: the variable, its valid form, its value. */
    readonly faults: readonly string[],
  ) {
    super(faults.join('\n'));
    this.name = ConfigurationError.name;
  }
}

// Only names with these prefixes are checked; an unknown PORTS or NODE_ENVY may belong to another program.
const OUR_PREFIXES =
  /^(AUTH|HANDLE|LISTEN|WORKER|WEBHOOK|POOL|BATCH|CIRCUIT_BREAKER|RETENTION|IDEMPOTENCY|TRACING|MAX|PAGINATION|DEAD_END|BLOCKED|ALLOWED|SKIP_SSRF)_/;
const LARGEST_MISSPELLING = 3;
const LEASE_SHARE = 0.9;

/** Adds `.env` of the working directory to the environment, which takes precedence; not in production. */
export function readDotEnv(): void {
  if (process.env.NODE_ENV === 'production' || !existsSync('.env')) return;
  // `process.loadEnvFile` would read an editor's byte order mark as part of the first name.
  const variables = parseEnv(decode(readFileSync('.env')));
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
}

/**
 * Parses the configuration from the environment.
 *
 * @throws {ConfigurationError} with all faults, not only the first
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const known = describeVariables();
  const present = Object.fromEntries(
    known.flatMap(({ name }) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const { data, error } = environment.safeParse(present);
  const secrets = new Set(known.filter(({ secret }) => secret).map(({ name }) => name));
  const faults = [
    ...misspelt(
      Object.keys(env),
      known.map(({ name }) => name),
    ),
    ...(error?.issues ?? []).map(({ path, message }) => {
      const name = String(path[0]);
      return `${name} ${message}, but is ${shown(present[name], secrets.has(name))}`;
    }),
    ...databaseFaults(data?.DATABASE_URL, env),
    ...(data ? tokenFaults(data) : []),
  ];
  if (!data || faults.length > 0) throw new ConfigurationError(faults);
  return frozen(nested(data, env.NODE_ENV === 'production'));
}

/** Checks the URL beyond its form, including the files that it names. */
function databaseFaults(url: string | undefined, env: NodeJS.ProcessEnv): string[] {
  try {
    const tls = url === undefined ? undefined : parseDatabaseUrl(url, env).tls;
    if (tls && tls.mode !== 'disable') tlsOptions(tls);
    return [];
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    return [`DATABASE_URL ${error.message}`];
  }
}

function misspelt(names: readonly string[], known: readonly string[]): string[] {
  return names
    .filter((name) => OUR_PREFIXES.test(name) && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, known, LARGEST_MISSPELLING);
      return meant ? [`${name} is not a variable of this service; did you mean ${meant}?`] : [];
    });
}

/** Hides secrets, and values with `@`, which may hold a password in the wrong variable. */
function shown(value: string, secret: boolean): string {
  return secret || value.includes('@') ? 'not (its value is not shown)' : JSON.stringify(value.slice(0, 80));
}

function nested(values: z.output<typeof variables>, production: boolean): Config {
  const hostUrl = values.HOST_URL ?? `http://localhost:${values.PORT}`;
  return {
    production,
    databaseUrl: values.DATABASE_URL,
    embeddedDataDir: values.EMBEDDED_DATA_DIR,
    hostUrl,
    basePath: new URL(hostUrl).pathname.replace(/\/+$/, ''),
    port: values.PORT,
    listen: listenOf(values, production),
    logLevel: values.LOG_LEVEL,
    access: accessOf(values),
    slowQueryMs: values.SLOW_QUERY_THRESHOLD_MS,
    deadEndCancel: values.DEAD_END_CANCEL_ENABLED,
    pool: {
      maxSize: values.POOL_MAX_SIZE,
      minIdle: Math.min(values.POOL_MIN_IDLE, values.POOL_MAX_SIZE),
      acquireAttempts: Math.max(1, values.POOL_ACQUIRE_RETRIES),
      timeoutSecs: values.POOL_TIMEOUT_SECS,
      statementTimeoutSecs: values.STATEMENT_TIMEOUT_SECS,
    },
    breaker: {
      enabled: values.CIRCUIT_BREAKER_ENABLED,
      failureThreshold: values.CIRCUIT_BREAKER_FAILURE_THRESHOLD,
      failureWindowSecs: values.CIRCUIT_BREAKER_FAILURE_WINDOW_SECS,
      recoveryTimeoutSecs: values.CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS,
      successThreshold: values.CIRCUIT_BREAKER_SUCCESS_THRESHOLD,
    },
    pagination: { default: Math.min(values.PAGINATION_DEFAULT, values.PAGINATION_MAX), max: values.PAGINATION_MAX },
    worker: {
      enabled: values.WORKER_ENABLED,
      loopIntervalMs: values.WORKER_LOOP_INTERVAL_MS,
      claimTimeoutSecs: values.WORKER_CLAIM_TIMEOUT_SECS,
      startBatchSize: values.WORKER_START_BATCH_SIZE,
      timeoutBatchSize: values.WORKER_TIMEOUT_BATCH_SIZE,
      webhookConcurrency: values.WORKER_WEBHOOK_CONCURRENCY,
    },
    counters: {
      channelCapacity: values.BATCH_CHANNEL_CAPACITY,
      flushIntervalMs: values.BATCH_FLUSH_INTERVAL_MS,
    },
    retention: {
      enabled: values.RETENTION_ENABLED,
      days: values.RETENTION_DAYS,
      cleanupIntervalSecs: values.RETENTION_CLEANUP_INTERVAL_SECS,
      batchSize: values.RETENTION_BATCH_SIZE,
    },
    idempotency: { keyTtlHours: values.IDEMPOTENCY_KEY_TTL_HOURS },
    delivery: {
      intervalMs: values.WEBHOOK_DELIVERY_INTERVAL_MS,
      batchSize: values.WEBHOOK_DELIVERY_BATCH_SIZE,
      leaseSecs: values.WEBHOOK_DELIVERY_LEASE_SECS,
      // A call must end before another replica may lease the notification.
      timeoutSecs: Math.min(values.WEBHOOK_TIMEOUT_SECS, LEASE_SHARE * values.WEBHOOK_DELIVERY_LEASE_SECS),
      concurrency: values.WEBHOOK_DELIVERY_CONCURRENCY,
      maxAttempts: values.WEBHOOK_MAX_ATTEMPTS,
      backoffBaseSecs: values.WEBHOOK_RETRY_BACKOFF_BASE_SECS,
      backoffCapSecs: values.WEBHOOK_RETRY_BACKOFF_CAP_SECS,
    },
    webhookTimeoutSecs: values.WEBHOOK_TIMEOUT_SECS,
    webhookSigningSecrets: values.WEBHOOK_SIGNING_SECRET,
    ssrf: {
      skip: values.SKIP_SSRF_VALIDATION ?? !production,
      blockedHostnames: values.BLOCKED_HOSTNAMES,
      blockedSuffixes: values.BLOCKED_HOSTNAME_SUFFIXES,
      allowedHostnames: values.ALLOWED_HOSTNAMES,
      allowedCidrs: values.ALLOWED_CIDRS,
    },
    tracing: { enabled: values.TRACING_ENABLED, json: values.OTEL_EXPORTER_OTLP_PROTOCOL === OTLP_JSON },
    limits: {
      tasksPerBatch: values.MAX_TASKS_PER_BATCH,
      tasksTotalPerBatch: values.MAX_TASKS_TOTAL_PER_BATCH,
      linksPerBatch: values.MAX_LINKS_PER_BATCH,
      depsPerTask: values.MAX_DEPS_PER_TASK,
      actionsPerTask: values.MAX_ACTIONS_PER_TASK,
      payloadBytes: values.PAYLOAD_MAX_BYTES,
    },
  };
}

/** Outside of production and without a token, the service is for the user of this machine only. */
function listenOf(values: z.output<typeof variables>, production: boolean): Config['listen'] {
  const fallback = production || values.AUTH_TOKEN.length > 0 ? ['::'] : ['127.0.0.1', '::1'];
  const addresses = values.LISTEN_ADDRESS.length > 0 ? values.LISTEN_ADDRESS : fallback;
  return { addresses, loopbackOnly: addresses.every(isLoopback) };
}

function accessOf(values: z.output<typeof variables>): Config['access'] {
  const tokens = clientTokens(values);
  // A read-only token signs nothing: its owner could make handles that change tasks.
  const signing = tokens.filter(({ access }) => access === 'full').flatMap(({ spellings }) => spellings);
  const secrets = values.HANDLE_SECRET.length > 0 ? values.HANDLE_SECRET : signing;
  return {
    tokens,
    handleSecrets: tokens.length > 0 ? secrets : [],
    handleTtlSecs: values.HANDLE_TOKEN_TTL_SECS,
  };
}

function frozen(config: Config): Config {
  for (const part of Object.values(config)) Object.freeze(part);
  return Object.freeze(config);
}
