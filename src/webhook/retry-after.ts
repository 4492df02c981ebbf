const SECONDS = /^\d{1,9}$/;
/** The oldest of the three HTTP date formats has no zone; all mean UTC (RFC 9110, 5.6.7). */
const HAS_ZONE = /(?:GMT|UTC|Z|[+-]\d\d:?\d\d)$/i;

/**
 * Returns the seconds to wait that a `Retry-After` header asks for, as a number or as a date in any HTTP format. Of
 * several values, the longest wait counts. A time that has passed gives 0, and no valid value undefined.
 * @param date header of the same answer: the clock of the receiver, by which it chose a date.
 */
export function secondsUntil(retryAfter: unknown, date: unknown): number | undefined {
  const values = Array.isArray(retryAfter) ? retryAfter : [retryAfter];
  const now = typeof date === 'string' ? timeOf(date) : NaN;
  const from = Number.isNaN(now) ? Date.now() : now;
  const waits = values.flatMap((value) => (typeof value === 'string' ? secondsOf(value.trim(), from) : []));
  return waits.length > 0 ? Math.max(0, ...waits) : undefined;
}

function secondsOf(value: string, from: number): number[] {
  const numbers = value.split(',').map((each) => each.trim());
  if (numbers.every((each) => SECONDS.test(each))) return numbers.map(Number);
  const at = timeOf(value);
  return Number.isNaN(at) ? [] : [(at - from) / 1000];
}

/** Returns the time of an HTTP date, which begins with the name of a day; NaN if it is none. */
function timeOf(value: string): number {
  if (!/^[a-z]{3}/i.test(value)) return NaN;
  return Date.parse(HAS_ZONE.test(value) ? value : `${value} GMT`);
}
