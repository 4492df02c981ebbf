/** Everything the service can be told from outside, parsed once at start and frozen (see variables.ts for names, units and defaults). */
export interface Config {
  readonly production: boolean;
  /** Absent: an embedded PostgreSQL is started in `embeddedDataDir`. */
  readonly databaseUrl?: string;
  readonly embeddedDataDir: string;
  /** Prefix of the callback URL given to receivers; no trailing slash. */
  readonly hostUrl: string;
  /** Path of `hostUrl`, which a proxy in front strips; empty when there is none. */
  readonly basePath: string;
  readonly port: number;
  readonly listen: {
    /** IP addresses, at least one; `::` is every address. */
    readonly addresses: readonly string[];
    /** Only this machine can connect to them. */
    readonly loopbackOnly: boolean;
  };
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /** Who may call this service. */
  readonly access: {
    /** Empty: everyone. */
    readonly tokens: readonly string[];
    /** What tokens of handles are signed with; the first signs, all are accepted. Empty when everyone may call. */
    readonly handleSecrets: readonly string[];
    readonly handleTtlSecs: number;
  };
  readonly slowQueryMs: number;
  readonly deadEndCancel: boolean;
  readonly pool: {
    readonly maxSize: number;
    readonly minIdle: number;
    /** How often it is tried to get a connection before a caller is refused; at least once. */
    readonly acquireAttempts: number;
    readonly timeoutSecs: number;
    /** For one statement. */
    readonly statementTimeoutSecs: number;
  };
  readonly breaker: {
    readonly enabled: boolean;
    readonly failureThreshold: number;
    readonly failureWindowSecs: number;
    readonly recoveryTimeoutSecs: number;
    readonly successThreshold: number;
  };
  readonly pagination: { readonly default: number; readonly max: number };
  readonly worker: {
    readonly enabled: boolean;
    readonly loopIntervalMs: number;
    readonly claimTimeoutSecs: number;
    readonly startBatchSize: number;
    readonly timeoutBatchSize: number;
    readonly webhookConcurrency: number;
  };
  readonly counters: {
    /** Increments that may wait to be written; more make the caller wait, and then be refused. */
    readonly channelCapacity: number;
    /** Pause between two writes, in which increments add up; 0: none. */
    readonly flushIntervalMs: number;
  };
  readonly retention: {
    readonly enabled: boolean;
    readonly days: number;
    readonly cleanupIntervalSecs: number;
    readonly batchSize: number;
  };
  readonly delivery: {
    readonly intervalMs: number;
    readonly batchSize: number;
    readonly leaseSecs: number;
    /** For the whole exchange of one attempt. */
    readonly timeoutSecs: number;
    readonly concurrency: number;
    readonly maxAttempts: number;
    readonly backoffBaseSecs: number;
    readonly backoffCapSecs: number;
  };
  readonly webhookTimeoutSecs: number;
  /** What webhooks are signed with, each as `whsec_` and base64; none: they are not signed. */
  readonly webhookSigningSecrets: readonly string[];
  /** Which hosts webhooks may be sent to. */
  readonly ssrf: {
    /** Any: nothing is checked. */
    readonly skip: boolean;
    /** Refused besides those that are known to be inside; as written in URLs, or domains with a leading dot. */
    readonly blockedHostnames: readonly string[];
    /** Domains that are refused with all that is below them; without a leading dot. */
    readonly blockedSuffixes: readonly string[];
    /** Allowed whatever they resolve to; of the same form. */
    readonly allowedHostnames: readonly string[];
    /** Addresses, and ranges of these, that are allowed although they are not public. */
    readonly allowedCidrs: readonly string[];
  };
  /** Spans for OpenTelemetry; the SDK reads everything else from `OTEL_*` itself. */
  readonly tracing: {
    readonly enabled: boolean;
    /** Spans are written as JSON, and not as protocol buffers. */
    readonly json: boolean;
  };
  readonly limits: {
    readonly tasksPerBatch: number;
    /** Dependencies of all tasks of a request together. */
    readonly linksPerBatch: number;
    readonly depsPerTask: number;
    readonly actionsPerTask: number;
    readonly payloadBytes: number;
  };
}

/** Injection token of the one `Config`. */
export const CONFIG = Symbol('CONFIG');
