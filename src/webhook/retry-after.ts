const SECONDS = /^\d{1,9}$/;
/** The oldest of the three HTTP date formats has no zone; all mean UTC (RFC 9110, 5.6.7). */
const HAS_ZONE = /(?:GMT|UTC|Z|[+-]\d\d:?\d\d)$/i;

/**
 * Returns the seconds to wait that a `Retry-After` header asks for, as a number or as a date in any HTTP format. Of
 * several values, the longest wait counts. Invalid values and times in the past give undefined.
 */
export function secondsUntil(retryAfter: unknown): number | undefined {
  const values = Array.isArray(retryAfter) ? retryAfter : [retryAfter];
  const waits = values.flatMap((value) => (typeof value === 'string' ? secondsOf(value.trim()) : []));
  const longest = Math.max(0, ...waits);
  return longest > 0 ? longest : undefined;
}

function secondsOf(value: string): number[] {
  const numbers = value.split(',').map((each) => each.trim());
  if (numbers.every((each) => SECONDS.test(each))) return numbers.map(Number);
  const at = Date.parse(HAS_ZONE.test(value) ? value : `${value} GMT`);
  return Number.isNaN(at) ? [] : [(at - Date.now()) / 1000];
}
