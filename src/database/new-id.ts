import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const BYTES = 16;
/** Randomness for so many ids is fetched at once: asking the kernel for each costs more than all the rest of it. */
const pool = new Uint8Array(256 * BYTES);
let used = pool.length;
let msecs = 0;
let seq = 0;

/** A new UUID of version 7: those of one process are in the order in which they were made. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, (used += BYTES));
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // Room for two thousand million more within the millisecond.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else seq++;
  return v7({ random, msecs, seq });
}
