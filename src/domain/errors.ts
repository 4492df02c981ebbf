/**
 * An error that the service raises itself. It knows nothing of HTTP: the problem-details filter maps each class to a
 * status, and loops decide by the class whether to retry.
 */
export abstract class HooklineError extends Error {
  constructor(
    message: string,
    /** One line per fault, each naming the field. */
    readonly details: readonly string[] = [],
    /** Further members of the problem document, e.g. `current_status`. */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The service cannot start, for a reason that a person can fix; the message is one line. */
export class StartError extends Error {}

/** The request is not valid, or not possible in the current status (400). */
export class InvalidRequest extends HooklineError {}

/** What the request names does not exist, or not in a status that allows it (404). */
export class NotFound extends HooklineError {}

/** The request is valid, but the current state does not allow it (409); retrying may make sense after `retryAfterSecs`. */
export class Conflict extends HooklineError {
  constructor(
    message: string,
    members: Readonly<Record<string, unknown>> = {},
    readonly retryAfterSecs?: number,
    details: readonly string[] = [],
  ) {
    super(message, details, members);
  }
}

/** The caller's token does not allow the request (403). */
export class Forbidden extends HooklineError {}

/** The request contradicts an earlier one (422). */
export class Unprocessable extends HooklineError {}

export const taskNotFound = (id: string): NotFound => new NotFound(`Task ${id} not found`);

/** Also for a batch without tasks: retention removes those, and nothing can be said about them. */
export const batchNotFound = (id: string): NotFound => new NotFound(`Batch ${id} not found`);

export const scheduleNotFound = (name: string): NotFound => new NotFound(`Schedule ${name} not found`);

/** The database is unavailable (503); retrying makes sense after `retryAfterSecs`. */
export class DatabaseUnavailable extends HooklineError {
  constructor(
    message: string,
    readonly retryAfterSecs: number,
    options?: { cause: unknown },
  ) {
    super(message);
    this.cause = options?.cause;
  }
}

/** The service has no capacity for the request at the moment (503); retrying makes sense after `retryAfterSecs`. */
export class Overloaded extends HooklineError {
  constructor(
    message: string,
    readonly retryAfterSecs: number,
  ) {
    super(message);
  }
}
