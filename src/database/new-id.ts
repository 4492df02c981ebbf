import { randomBytes } from 'node:crypto';

/** Hexadecimal digits of the second half of an id after the variant: 60 random bits. */
const RANDOM_DIGITS = 15;
/** Random digits are made for so many ids at once: a call of the kernel for each would cost more than everything else here. */
const IDS_AT_ONCE = 256;
/** Ids of one millisecond: as many as three hexadecimal digits can count. */
const IDS_PER_MS = 0x1000;

let ms = 0;
let count = 0;
/** The timestamp and the version of the next id. */
let prefix = '';
let digits = '';
let used = 0;

/**
 * Returns a new UUID of version 7; the ids of one process sort in the order in which they were made. The twelve bits after
 * the version count within a millisecond (RFC 9562, 6.2, method 1). When they are used up, time runs ahead of the clock.
 */
export function newId(): string {
  const now = Date.now();
  if (now > ms) moveTo(now);
  else if (count === IDS_PER_MS) moveTo(ms + 1);
  if (used === digits.length) {
    digits = randomBytes((IDS_AT_ONCE * RANDOM_DIGITS) / 2).toString('hex');
    used = 0;
  }
  const position = (count++).toString(16).padStart(3, '0');
  const at = used;
  used += RANDOM_DIGITS;
  return `${prefix}${position}-8${digits.slice(at, at + 3)}-${digits.slice(at + 3, used)}`;
}

function moveTo(next: number): void {
  ms = next;
  count = 0;
  const time = next.toString(16).padStart(12, '0');
  prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
}
