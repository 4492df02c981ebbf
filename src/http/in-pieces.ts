import { Readable } from 'node:stream';

/** Nothing is known of how much of one piece a client has taken, so a slow one should take several in the time it has. */
const PIECE_BYTES = 64 * 1024;

/** Whether an answer should be written in pieces. */
export const isLarge = (payload: unknown): payload is string =>
  typeof payload === 'string' && payload.length > PIECE_BYTES;

/** An answer as pieces that are written one after the other, each when the one before has been taken. */
export function inPieces(bytes: Buffer): Readable {
  return Readable.from(pieces(bytes), { objectMode: false, highWaterMark: PIECE_BYTES });
}

/** Cuts bytes into pieces. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let begin = 0; begin < bytes.length; begin += PIECE_BYTES) yield bytes.subarray(begin, begin + PIECE_BYTES);
}
