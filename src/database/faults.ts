/** Tells what kind of trouble a database error is: only faults of the connection say anything about the database's health. */

// Those that end a session, that keep one from beginning, and those of a server that has become a standby.
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
// pg throws these without a code when the socket goes away below it.
const UNCODED =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|Query read timeout|timeout exceeded when trying to connect|Query runner already released)/;

const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code;

/** No connection could be made, for whatever reason: a password that is being changed, a certificate that has run out. */
export class NotConnected extends Error {
  constructor(cause: unknown) {
    super(`No connection: ${String(cause)}`, { cause });
  }
}

/** The connection broke or could not be made; a constraint error and the like are not that. */
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

/** The server itself says what is wrong, or a pooler does: it is there. */
export const isSaidByServer = (error: unknown) => error instanceof Error && 'severity' in error;

/** A startup parameter is not known there: a pooler does not pass on all that a server takes. */
export const isUnknownParameter = (error: unknown) =>
  codeOf(error) === '42704' || (codeOf(error) === '08P01' && /startup parameter/.test((error as Error).message));

/** The server has given up a statement that took too long. */
export const isTimeout = (error: unknown) => codeOf(error) === '57014';

/** Somebody else has held a lock for longer than this transaction waits for one. */
export const isLocked = (error: unknown) => codeOf(error) === '55P03';

/** Resources are short (a full disk, no memory), an operator or the system is in the way, or a lock or an object is in use. */
export function isNotNow(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === 'string' && (/^5[378]...$/.test(code) || isLocked(error) || code === '55006');
}

/** The database asks to run the transaction again: serialization failure or deadlock. */
export const isRetryable = (error: unknown) => codeOf(error) === '40001' || codeOf(error) === '40P01';

/** A pooler in between (PgBouncer before 1.21 in transaction mode) gives each transaction a connection with other statements. */
export const isStatementMixUp = (error: unknown) => codeOf(error) === '26000' || codeOf(error) === '42P05';

/** The transaction has failed before, with another error. */
export const isAborted = (error: unknown) => codeOf(error) === '25P02';

/** Returns an error that says no more than that the transaction has failed before. */
export const aborted = (message: string) => Object.assign(new Error(message), { code: '25P02' });

/** TLS could not be agreed on, or a certificate is not to be trusted. */
export const isTlsFault = (error: unknown) =>
  /^(EPROTO$|ERR_SSL_|ERR_TLS_|ERR_OSSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|HOSTNAME_|CRL_|INVALID_CA)/.test(
    String(codeOf(error)),
  ) || /^The server does not support SSL/.test((error as Error).message);

/** The server lets nobody in this way, with or without encryption. */
export const isUnwelcome = (error: unknown) => codeOf(error) === '28000';
