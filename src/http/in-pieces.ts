import { Readable } from 'node:stream';

/** Small enough that a slow client reads several in its time: how much of one piece it has read is unknown. */
const PIECE_BYTES = 64 * 1024;

/** Returns whether an answer should be written in pieces. */
export const isLarge = (payload: unknown): payload is string =>
  typeof payload === 'string' && payload.length > PIECE_BYTES;

/** Returns a stream of the pieces of an answer; each is written when the client has read the previous one. */
export function inPieces(bytes: Buffer): Readable {
  return Readable.from(pieces(bytes), { objectMode: false, highWaterMark: PIECE_BYTES });
}

/** Cuts bytes into pieces. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let begin = 0; begin < bytes.length; begin += PIECE_BYTES) yield bytes.subarray(begin, begin + PIECE_BYTES);
}
