import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../domain/errors';
import { isConnectionFault, isNotNow, isRetryable, isTimeout } from './faults';

const LOG_EVERY_MS = 30_000;
/** A full disk or memory stays full for a while. */
const NOT_NOW_RETRY_SECS = 5;

/**
 * Turns errors that are not about the request into `DatabaseUnavailable`, so that callers and loops try again. Logs the
 * database's own error, which callers do not see, at most every half minute.
 */
export class Refusals {
  private readonly logger = new Logger('Database');
  private readonly loggedAt = new Map<string, number>();

  /** Returns the refusal, or undefined for an error that another attempt would not change. */
  of(error: unknown): DatabaseUnavailable | undefined {
    if (isConnectionFault(error)) return this.refusal('The database is unavailable', 1, error);
    if (isTimeout(error)) return this.refusal('The database took too long', 1, error);
    if (isRetryable(error)) return this.refusal('Too many requests change the same tasks', 1, error);
    if (isNotNow(error)) return this.refusal('The database cannot do this now', NOT_NOW_RETRY_SECS, error);
    return undefined;
  }

  private refusal(sentence: string, retryAfterSecs: number, cause: unknown): DatabaseUnavailable {
    if (Date.now() - (this.loggedAt.get(sentence) ?? -Infinity) >= LOG_EVERY_MS) {
      this.loggedAt.set(sentence, Date.now());
      this.logger.warn(`${sentence}: ${String(cause)}`);
    }
    return new DatabaseUnavailable(sentence, retryAfterSecs, { cause });
  }
}
