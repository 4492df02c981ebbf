import type { IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, unzipSync, type ZlibOptions } from 'node:zlib';
import { decode } from '../domain/decode';

/** Limit for the answer to one call (docs/spec.md, section 8). */
const MAX_CALL_BYTES = 64 * 1024;
/** Limit for the answer to a group of calls (docs/spec.md, section 18). */
const MAX_GROUP_BYTES = 2 * 1024 * 1024;
/** Length of a header value in an error. */
const MAX_SHOWN = 40;
/** More than any server uses. Each takes up to the time of the longest answer. */
const MAX_ENCODINGS = 5;

type Decompress = (data: Buffer, options: ZlibOptions) => Buffer;
const DECOMPRESS = new Map<string, Decompress>([
  ['gzip', unzipSync],
  ['x-gzip', unzipSync],
  ['deflate', unzipSync],
  ['br', brotliDecompressSync],
]);

/** Why a body cannot be read, as the second half of a sentence. */
export class Unreadable extends Error {
  static tooLong(maxBytes: number): Unreadable {
    return new Unreadable(`it is longer than ${maxBytes / 1024} KiB`);
  }
}

/** Returns how many bytes of an answer are read, by the number of calls that it is about. */
export const maxAnswerBytes = (calls = 1): number => Math.min(calls * MAX_CALL_BYTES, MAX_GROUP_BYTES);

/** The body of an answer, decoded only when it is read. */
export class AnswerBody {
  private known?: string;

  constructor(
    private readonly data: Buffer,
    private readonly headers: IncomingHttpHeaders,
    private readonly maxBytes = maxAnswerBytes(),
    private readonly fault?: Unreadable,
  ) {}

  get isEmpty(): boolean {
    return this.data.length === 0 && !this.fault;
  }

  /**
   * Returns the text, whatever its content encoding and charset.
   * @throws {Unreadable} with the reason
   */
  text(): string {
    if (this.fault) throw this.fault;
    return this.read();
  }

  /** Returns the text that was read, also of a body that breaks off; undefined if there is none or it cannot be decoded. */
  textSoFar(): string | undefined {
    if (this.data.length === 0) return undefined;
    try {
      return this.read();
    } catch {
      return undefined; // `text` gives the reason.
    }
  }

  private read(): string {
    return (this.known ??= this.decoded(this.decompressed()));
  }

  private decoded(bytes: Buffer): string {
    const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(this.header('content-type'))?.[1];
    try {
      return decode(bytes, charset);
    } catch {
      throw new Unreadable(`its charset is ${shown(charset!)}, which is not known`);
    }
  }

  /** Requests ask for no encoding, but some servers and proxies use one for all answers. */
  private decompressed(): Buffer {
    const encodings = this.header('content-encoding').toLowerCase().split(',').reverse();
    if (encodings.length > MAX_ENCODINGS) throw new Unreadable(`it has more than ${MAX_ENCODINGS} content encodings`);
    let bytes = this.data;
    for (const encoding of encodings.map((each) => each.trim())) {
      if (encoding !== '' && encoding !== 'identity') bytes = decompress(bytes, encoding, this.maxBytes);
    }
    return bytes;
  }

  private header(name: string): string {
    const value = this.headers[name] ?? '';
    return Array.isArray(value) ? value.join(',') : value;
  }
}

function decompress(data: Buffer, encoding: string, maxBytes: number): Buffer {
  const method = DECOMPRESS.get(encoding);
  if (!method) throw new Unreadable(`its content encoding is ${shown(encoding)}, which is not known`);
  try {
    return method(data, { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLong ? Unreadable.tooLong(maxBytes) : new Unreadable(`it is not valid ${encoding}`);
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, MAX_SHOWN));
