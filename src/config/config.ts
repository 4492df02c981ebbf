import type { ClientToken } from './tokens';

/** Configuration of the service, parsed once at start and frozen. See `variables/` for names, units and defaults. */
export interface Config {
  readonly production: boolean;
  /** Absent: an embedded PostgreSQL is started in `embeddedDataDir`. */
  readonly databaseUrl?: string;
  readonly embeddedDataDir: string;
  /** Prefix of the callback URL given to receivers; no trailing slash. */
  readonly hostUrl: string;
  /** Path of `hostUrl`, which a proxy strips; empty if it has none. */
  readonly basePath: string;
  readonly port: number;
  readonly listen: {
    /** IP addresses, at least one; `::` is every address. */
    readonly addresses: readonly string[];
    /** All addresses are reachable from this machine only. */
    readonly loopbackOnly: boolean;
  };
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /** Authentication of clients and receivers. */
  readonly access: {
    /** Empty: no authentication. */
    readonly tokens: readonly ClientToken[];
    /** Secrets of handle tokens; the first signs, all are accepted. Empty without authentication. */
    readonly handleSecrets: readonly string[];
    readonly handleTtlSecs: number;
  };
  readonly slowQueryMs: number;
  readonly deadEndCancel: boolean;
  readonly pool: {
    readonly maxSize: number;
    readonly minIdle: number;
    /** Attempts to get a connection before a caller is refused; at least 1. */
    readonly acquireAttempts: number;
    readonly timeoutSecs: number;
    /** Limit of one statement. */
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
    /** Increments that may wait to be written. Beyond that, callers wait, and are refused in the end. */
    readonly channelCapacity: number;
    /** Pause between two writes, in which increments gather; 0: none. */
    readonly flushIntervalMs: number;
  };
  readonly retention: {
    readonly enabled: boolean;
    readonly days: number;
    readonly cleanupIntervalSecs: number;
    readonly batchSize: number;
  };
  readonly idempotency: {
    /** How long a key is kept with its answer. */
    readonly keyTtlHours: number;
  };
  readonly delivery: {
    readonly intervalMs: number;
    readonly batchSize: number;
    readonly leaseSecs: number;
    /** Limit of the whole exchange of one attempt. */
    readonly timeoutSecs: number;
    readonly concurrency: number;
    readonly maxAttempts: number;
    readonly backoffBaseSecs: number;
    readonly backoffCapSecs: number;
  };
  readonly webhookTimeoutSecs: number;
  /** Secrets that sign webhooks, each as `whsec_` and base64; empty: unsigned. */
  readonly webhookSigningSecrets: readonly string[];
  /** Hosts that webhooks may be sent to. */
  readonly ssrf: {
    /** Nothing is checked. */
    readonly skip: boolean;
    /** Refused besides internal hosts; as written in URLs, or domains with a leading dot. */
    readonly blockedHostnames: readonly string[];
    /** Domains that are refused with their subdomains; without a leading dot. */
    readonly blockedSuffixes: readonly string[];
    /** Allowed whatever they resolve to; in the form of `blockedHostnames`. */
    readonly allowedHostnames: readonly string[];
    /** Private addresses and ranges that are allowed. */
    readonly allowedCidrs: readonly string[];
  };
  /** OpenTelemetry; the SDK reads everything else from `OTEL_*` itself. */
  readonly tracing: {
    readonly enabled: boolean;
    /** Spans are encoded as JSON instead of protocol buffers. */
    readonly json: boolean;
  };
  readonly limits: {
    /** Tasks of one request. */
    readonly tasksPerBatch: number;
    /** Tasks that a batch may ever have. */
    readonly tasksTotalPerBatch: number;
    /** Dependencies of all tasks in a request together. */
    readonly linksPerBatch: number;
    readonly depsPerTask: number;
    readonly actionsPerTask: number;
    readonly payloadBytes: number;
  };
}

/** Injection token of the one `Config`. */
export const CONFIG = Symbol('CONFIG');
