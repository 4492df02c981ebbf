/** Tells what kind of trouble a database error is: only faults of the connection say anything about the database's health. */

const CONNECTION_SQLSTATES = new Set(['57P01', '57P02', '57P03', '53300', '25006']);
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

/** The connection broke or could not be made; a constraint error and the like are not that. */
export function isConnectionFault(error: unknown): boolean {
  const code = codeOf(error);
  if (typeof code === 'string')
    return CONNECTION_SQLSTATES.has(code) || code.startsWith('08') || CONNECTION_ERRNOS.has(code);
  if (error instanceof AggregateError) return error.errors.some(isConnectionFault);
  return (
    error instanceof Error && (UNCODED.test(error.message) || error.name === 'QueryRunnerProviderAlreadyReleasedError')
  );
}

/** A startup parameter is not known there: a pooler does not pass on all that a server takes. */
export const isUnknownParameter = (error: unknown) =>
  codeOf(error) === '42704' || (codeOf(error) === '08P01' && /startup parameter/.test((error as Error).message));

/** The server has given up a statement that took too long. */
export const isTimeout = (error: unknown) => codeOf(error) === '57014';

/** The database asks to run the transaction again: serialization failure or deadlock. */
export const isRetryable = (error: unknown) => codeOf(error) === '40001' || codeOf(error) === '40P01';

/** A pooler in between (PgBouncer before 1.21 in transaction mode) gives each transaction a connection with other statements. */
export const isStatementMixUp = (error: unknown) => codeOf(error) === '26000' || codeOf(error) === '42P05';

/** The transaction has failed before, with another error. */
export const isAborted = (error: unknown) => codeOf(error) === '25P02';
