import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Overloaded } from '../domain/errors';
import { pieces } from '../http/in-pieces';

/** Each takes some hundred KB while its client reads, and what the system keeps for the connection. */
const MAX_AT_ONCE = 16;
const RETRY_AFTER_SECS = 5;

/** The graphs that are too large for one part, and on their way to clients. */
@Injectable()
export class LargeGraphs {
  private open: { stream: Readable; socket: Socket }[] = [];

  /**
   * Makes an answer of parts.
   * @param socket to the client. A pipelined answer may never begin or end, but its connection does.
   * @throws {Overloaded} when too many are on their way.
   */
  stream(parts: AsyncIterable<string>, socket: Socket): Readable {
    this.open = this.open.filter((each) => !each.stream.destroyed && !each.socket.destroyed);
    if (this.open.length >= MAX_AT_ONCE)
      throw new Overloaded(`${MAX_AT_ONCE} large graphs are being read already`, RETRY_AFTER_SECS);
    // One part waits, and one is being sent.
    const stream = Readable.from(cut(parts), { highWaterMark: 1 });
    this.open.push({ stream, socket });
    return stream;
  }
}

/** A client is cut off that takes nothing for a while, and only whole pieces count as taken. */
async function* cut(parts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const part of parts) yield* pieces(Buffer.from(part));
}
