import type { Config } from '../../src/config/config';
import { ConfigurationError, loadConfig } from '../../src/config/load';
import { describeVariables } from '../../src/config/variables';

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('The configuration', () => {
  test('has the documented defaults with an empty environment', () => {
    expect(loadConfig({})).toEqual<Config>({
      production: false,
      databaseUrl: undefined,
      embeddedDataDir: './.data/postgres',
      hostUrl: 'http://localhost:8085',
      basePath: '',
      port: 8085,
      listen: { addresses: ['127.0.0.1', '::1'], loopbackOnly: true },
      logLevel: 'info',
      access: { tokens: [], handleSecrets: [], handleTtlSecs: 2_592_000 },
      slowQueryMs: 100,
      deadEndCancel: true,
      pool: { maxSize: 10, minIdle: 0, acquireAttempts: 3, timeoutSecs: 30, statementTimeoutSecs: 60 },
      breaker: {
        enabled: true,
        failureThreshold: 5,
        failureWindowSecs: 10,
        recoveryTimeoutSecs: 30,
        successThreshold: 2,
      },
      pagination: { default: 50, max: 100 },
      worker: {
        enabled: true,
        loopIntervalMs: 1000,
        claimTimeoutSecs: 30,
        startBatchSize: 500,
        timeoutBatchSize: 500,
        webhookConcurrency: 256,
      },
      counters: { channelCapacity: 10_000, flushIntervalMs: 0 },
      retention: { enabled: false, days: 30, cleanupIntervalSecs: 3600, batchSize: 1000 },
      idempotency: { keyTtlHours: 24 },
      delivery: {
        intervalMs: 1000,
        batchSize: 500,
        leaseSecs: 60,
        timeoutSecs: 10,
        concurrency: 256,
        maxAttempts: 10,
        backoffBaseSecs: 2,
        backoffCapSecs: 300,
      },
      webhookTimeoutSecs: 10,
      webhookSigningSecrets: [],
      ssrf: { skip: true, blockedHostnames: [], blockedSuffixes: [], allowedHostnames: [], allowedCidrs: [] },
      tracing: { enabled: false, json: false },
      limits: {
        tasksTotalPerBatch: 100_000,
        tasksPerBatch: 10_000,
        linksPerBatch: 200_000,
        depsPerTask: 1000,
        actionsPerTask: 20,
        payloadBytes: 16_777_216,
      },
    });
  });

  test('cannot be changed after it is loaded', () => {
    const config = loadConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.values(config).every((part) => Object.isFrozen(part))).toBe(true);
  });

  test('refuses a span exporter or protocol that is not supported', () => {
    const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' };
    expect(loadConfig(grpc).tracing.enabled).toBe(false);
    expect(faultsOf({ ...grpc, TRACING_ENABLED: '1', PORT: 'none' })).toEqual([
      expect.stringMatching(/^PORT /),
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf or http/json, but is "grpc"',
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL, but is "collector:4317"',
    ]);
  });

  test('treats an empty variable as absent', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '  ', WORKER_ENABLED: '' })).toEqual(loadConfig({}));
  });

  test('derives the callback URL from the port unless it is given, and drops a trailing slash', () => {
    expect(loadConfig({ PORT: '9000' }).hostUrl).toBe('http://localhost:9000');
    expect(loadConfig({ HOST_URL: 'https://hooks.example.org/line/' }).hostUrl).toBe('https://hooks.example.org/line');
    expect(loadConfig({ HOST_URL: 'https://hooks.example.org/a/b/' }).basePath).toBe('/a/b');
  });

  test.each([
    ['1', true],
    ['true', true],
    ['TRUE', true],
    ['0', false],
    ['false', false],
  ])('accepts %s as a switch', (written, meant) => {
    expect(loadConfig({ WORKER_ENABLED: written }).worker.enabled).toBe(meant);
  });

  test('limits idle connections and the default page size to their maximum', () => {
    expect(loadConfig({ POOL_MAX_SIZE: '4', POOL_MIN_IDLE: '9' }).pool.minIdle).toBe(4);
    expect(loadConfig({ PAGINATION_MAX: '20' }).pagination).toEqual({ default: 20, max: 20 });
  });

  test('tries to get a connection once when POOL_ACQUIRE_RETRIES is 0', () => {
    expect(loadConfig({ POOL_ACQUIRE_RETRIES: '0' }).pool.acquireAttempts).toBe(1);
    expect(loadConfig({ POOL_ACQUIRE_RETRIES: '1' }).pool.acquireAttempts).toBe(1);
  });

  test('reports every fault at once, with variable, requirement and value', () => {
    expect(faultsOf({ PORT: '80a', LOG_LEVEL: 'loud', WORKER_ENABLED: 'maybe', POOL_MAX_SIZE: '0' })).toEqual([
      'PORT must be a whole number from 1 to 65535, but is "80a"',
      'LOG_LEVEL must be one of error, warn, info, debug, trace, but is "loud"',
      'POOL_MAX_SIZE must be a whole number from 1 to 10000, but is "0"',
      'WORKER_ENABLED must be 1, 0, true or false, but is "maybe"',
    ]);
  });

  test.each(['1.5', '-1', '0x10', '1e3', '99999999999', 'NaN'])('refuses %s as a whole number of seconds', (value) => {
    expect(faultsOf({ WEBHOOK_TIMEOUT_SECS: value })).toHaveLength(1);
  });

  test.each([
    'mysql://root:hunter2@db/hookline',
    'postgres//root:hunter2@db',
    'root:hunter2',
    'postgres://root:hunter2@[',
  ])('does not print the password of a wrong database URL', (url) => {
    const faults = faultsOf({ DATABASE_URL: url, HOST_URL: url });
    expect(faults).toHaveLength(2);
    const fault = faults.find((line) => line.startsWith('DATABASE_URL'));
    expect(fault).toMatch(/^DATABASE_URL must be a URL like/);
    expect(fault).not.toContain('hunter2');
  });

  test.each(['ftp://example.org', 'example.org', 'http://a:b@example.org', 'http://example.org?x=1'])(
    'refuses %s as the base of callback URLs',
    (url) => expect(faultsOf({ HOST_URL: url })).toHaveLength(1),
  );

  test('has the call of a delivery time out before its lease ends', () => {
    expect(loadConfig({ WEBHOOK_TIMEOUT_SECS: '60' }).delivery).toMatchObject({ leaseSecs: 60, timeoutSecs: 54 });
    expect(loadConfig({ WEBHOOK_DELIVERY_LEASE_SECS: '2' }).delivery).toMatchObject({ leaseSecs: 2, timeoutSecs: 1.8 });
    expect(loadConfig({}).delivery.timeoutSecs).toBe(10);
  });

  test.each([
    ['WORKER_ENABLE', 'WORKER_ENABLED'],
    ['WEBHOOK_TIMEOUT_SEC', 'WEBHOOK_TIMEOUT_SECS'],
    ['MAX_TASK_PER_BATCH', 'MAX_TASKS_PER_BATCH'],
    ['AUTH_TOKENS', 'AUTH_TOKEN'],
    ['HANDLE_SECRETS', 'HANDLE_SECRET'],
    ['WEBHOOK_SIGNING_SECRETS', 'WEBHOOK_SIGNING_SECRET'],
    ['CIRCUIT_BREAKER_FAILURE_TRESHOLD', 'CIRCUIT_BREAKER_FAILURE_THRESHOLD'],
  ])('takes %s for a misspelt %s', (written, meant) => {
    expect(faultsOf({ [written]: '1' })).toEqual([
      `${written} is not a variable of this service; did you mean ${meant}?`,
    ]);
  });

  test('ignores variables of other programs and of later versions', () => {
    const names =
      'PATH HOME PORTS HOST NODE_ENV LOG_LEVELS MAX_OLD_SPACE WORKER_ID POOL_SIZE BATCH_CHANNEL_CAPACITY ' +
      'BATCH_FLUSH_INTERVAL_MS WORKER_TIMEOUT_BATCH_SIZE RETENTION_ENABLED RETENTION_DAYS RETENTION_BATCH_SIZE ' +
      'RETENTION_CLEANUP_INTERVAL_SECS TRACING_ENABLED OTEL_SERVICE_NAME ALLOWED_HOSTS AUTH_SECRET';
    expect(faultsOf(Object.fromEntries(names.split(' ').map((name) => [name, '1'])))).toEqual([]);
  });

  test('documents every variable with its actual default', () => {
    const variables = describeVariables();
    const defaults = Object.fromEntries(variables.flatMap(({ name, default: text }) => (text ? [[name, text]] : [])));
    expect(loadConfig(defaults)).toEqual(loadConfig({}));
    for (const { description } of variables) expect(description).toMatch(/\.$/);
  });
});
