/**
 * Faults that the service itself names. They know nothing of HTTP: the problem-details filter gives each its status,
 * and loops tell by the class whether to wait or to give up.
 */
export abstract class HooklineError extends Error {
  constructor(
    message: string,
    /** One sentence per fault, each naming the field. */
    readonly details: readonly string[] = [],
    /** Further members of the problem document, e.g. `current_status`. */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The service cannot start, for a reason that a person can repair: one line says it. */
export class StartError extends Error {}

/** The request cannot be carried out as it stands (400). */
export class InvalidRequest extends HooklineError {}

/** What the request names does not exist, or not in a state that allows it (404). */
export class NotFound extends HooklineError {}

/** The database cannot be asked right now (503); `retryAfterSecs` says when it is worth another try. */
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

/** More is asked for than can be done at once (503); worth another try in `retryAfterSecs`. */
export class Overloaded extends HooklineError {
  constructor(
    message: string,
    readonly retryAfterSecs: number,
  ) {
    super(message);
  }
}
