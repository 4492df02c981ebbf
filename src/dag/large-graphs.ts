import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Overloaded } from '../domain/errors';
import { pieces } from '../http/in-pieces';

/** Each download takes a few hundred KB while its client reads, in addition to the buffers of its connection. */
const MAX_AT_ONCE = 16;
const RETRY_AFTER_SECS = 5;

/** Streams graphs that are too large for one part, and limits how many it streams at once. */
@Injectable()
export class LargeGraphs {
  private downloads: { stream: Readable; socket: Socket }[] = [];

  /**
   * Turns parts into a response stream.
   * @param socket of the client: a pipelined response may never begin, so its download ends with the connection.
   * @throws {Overloaded} when too many are being downloaded.
   */
  stream(parts: AsyncIterable<string>, socket: Socket): Readable {
    this.downloads = this.downloads.filter((each) => !each.stream.destroyed && !each.socket.destroyed);
    if (this.downloads.length >= MAX_AT_ONCE)
      throw new Overloaded(
        `Too many large graphs are being downloaded (at most ${MAX_AT_ONCE} at once)`,
        RETRY_AFTER_SECS,
      );
    // One part is buffered while another is sent.
    const stream = Readable.from(inPieces(parts), { highWaterMark: 1 });
    this.downloads.push({ stream, socket });
    return stream;
  }
}

/** Cuts parts into pieces, because a client that takes too long to read one piece is disconnected. */
async function* inPieces(parts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const part of parts) yield* pieces(Buffer.from(part));
}
