const SECONDS = /^\d{1,9}$/;
/** The oldest of the three formats has no zone, but means UTC like the others (RFC 9110, 5.6.7). */
const HAS_ZONE = /(?:GMT|UTC|Z|[+-]\d\d:?\d\d)$/i;

/**
 * Returns the seconds to wait that a `Retry-After` asks for, as a number or as a date in any format of HTTP. If there
 * are several, the longest wait counts. Anything else, and what is over, is undefined.
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
