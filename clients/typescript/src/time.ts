/** A point in time: a `Date`, or ISO 8601 with a zone. */
export type Time = Date | string;

/**
 * Returns the time as the service expects it.
 * @throws {RangeError} if the date is invalid.
 */
export const iso = (time: Time): string => (typeof time === 'string' ? time : time.toISOString());
