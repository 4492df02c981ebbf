import { randomBytes } from 'node:crypto';

/** Hexadecimal digits of the second half of an id after the variant: 60 random bits. */
const RANDOM_DIGITS = 15;
/** Random digits are made for so many ids at once: a call of the kernel for each would cost more than everything else here. */
const IDS_AT_ONCE = 256;
/** Ids of one millisecond: as many as three hexadecimal digits can count. */
const IDS_PER_MS = 0x1000;

let ms = 0;
let count = 0;
/** The timestamp and the version. */
let begin = '';
let digits = '';
let used = 0;

/**
 * Returns a new UUID of version 7; the ids of one process sort in the order in which they were made. The twelve bits after
 * the version count within a millisecond (RFC 9562, 6.2, method 1). When they are used up, time runs ahead of the clock.
 */
export function newId(): string {
  const now = Date.now();
  if (now > ms) beginAt(now);
  else if (count === IDS_PER_MS) beginAt(ms + 1);
  if (used === digits.length) {
    digits = randomBytes((IDS_AT_ONCE * RANDOM_DIGITS) / 2).toString('hex');
    used = 0;
  }
  const counted = (IDS_PER_MS + count++).toString(16).slice(1);
  const split = used + 3;
  const end = (used += RANDOM_DIGITS);
  return `${begin}${counted}-8${digits.slice(end - RANDOM_DIGITS, split)}-${digits.slice(split, end)}`;
}

function beginAt(next: number): void {
  ms = next;
  count = 0;
  const time = next.toString(16).padStart(12, '0');
  begin = `${time.slice(0, 8)}-${time.slice(8)}-7`;
}
