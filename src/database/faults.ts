// Classifies database errors. Only connection faults say anything about the health of the database.

// Codes that end a session or keep one from starting, and the code of a server that has become a standby.
const CONNECTION_SQLSTATES = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '25P04', '53300', '25006']);
const CONNECTION_ERRNOS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
]);
// pg throws these without a code when its socket closes.
const UNCODED =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|Query read timeout|timeout exceeded when trying to connect|Query runner already released)/;

const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code;

/** No connection could be made, for any reason: also a password that is being changed, or an expired certificate. */
export class NotConnected extends Error {
  constructor(cause: unknown) {
    super(`No connection: ${String(cause)}`, { cause });
  }
}

/** The server is a standby, which accepts no changes. */
export class StandbyRefused extends Error {
  /** That of a statement which changes something on a standby. */
  readonly code = '25006';

  constructor(host: string, port: number) {
    super(`The server ${host}:${port} is a standby and accepts no changes`);
  }
}

/** The connection broke or could not be made. Constraint errors and the like are not connection faults. */
export function isConnectionFault(error: unknown): boolean {
  if (error instanceof NotConnected) return true;
  const code = codeOf(error);
  if (typeof code === 'string')
    return CONNECTION_SQLSTATES.has(code) || code.startsWith('08') || CONNECTION_ERRNOS.has(code);
  if (error instanceof AggregateError) return error.errors.some(isConnectionFault);
  return (
    error instanceof Error && (UNCODED.test(error.message) || error.name === 'QueryRunnerProviderAlreadyReleasedError')
  );
}

/** The server or a pooler itself reports the error, so it is up. */
export const isSaidByServer = (error: unknown) => error instanceof Error && 'severity' in error;

/** A startup parameter is unknown. Poolers do not pass on every parameter that a server accepts. */
export const isUnknownParameter = (error: unknown) =>
  codeOf(error) === '42704' || (codeOf(error) === '08P01' && /startup parameter/.test((error as Error).message));

/** The server canceled a statement that took too long. */
export const isTimeout = (error: unknown) => codeOf(error) === '57014';

/** Another transaction held a lock for longer than this one waits. */
export const isLocked = (error: unknown) => codeOf(error) === '55P03';

/** The database cannot do this now: a full disk, no memory, an operator's intervention, or a lock or object in use. */
export function isNotNow(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === 'string' && (/^5[378]...$/.test(code) || isLocked(error) || code === '55006');
}

/** A serialization failure or deadlock: the transaction can be repeated. */
export const isRetryable = (error: unknown) => codeOf(error) === '40001' || codeOf(error) === '40P01';

/** A pooler (PgBouncer before 1.21 in transaction mode) gave the transaction a connection with other prepared statements. */
export const isStatementMixUp = (error: unknown) => codeOf(error) === '26000' || codeOf(error) === '42P05';

/** The transaction has already failed with another error. */
export const isAborted = (error: unknown) => codeOf(error) === '25P02';

/** Returns an error which only says that the transaction has already failed. */
export const aborted = (message: string) => Object.assign(new Error(message), { code: '25P02' });

/** The TLS handshake failed, or a certificate is not trusted. */
export const isTlsFault = (error: unknown) =>
  /^(EPROTO$|ERR_SSL_|ERR_TLS_|ERR_OSSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|HOSTNAME_|CRL_|INVALID_CA)/.test(
    String(codeOf(error)),
  ) || /^The server does not support SSL/.test((error as Error).message);

/** The server's access rules (pg_hba.conf) reject the connection as it is, encrypted or not. */
export const isUnwelcome = (error: unknown) => codeOf(error) === '28000';
