const LENGTH = 'HTTP/1.1 200'.length;
const STATUS = /^HTTP\/1\.\d (\d{3})$/;
const LF = 0x0a;
const CR = 0x0d;

type Part = 'status line' | 'interim head' | 'rest';

/**
 * Reads the status of an answer from its first bytes, before undici's parser gets them. This serves two ends:
 *
 * - undici takes an unasked `100 Continue` for a broken answer, although RFC 9110 (15.2) requires clients to accept it.
 *   It is passed on as `102 Processing`, which undici skips. Bytes are changed in place, never held back or moved.
 * - The status counts even if what comes after it cannot be parsed: a receiver that answered 2xx has accepted the call.
 */
export class StatusLine {
  /** The final status, once it has come. */
  status?: number;
  private part: Part = 'rest';
  private start = '';
  private lineLength = 0;

  /** To be called when a request is sent: the bytes after it are its answer. */
  expect(): void {
    this.status = undefined;
    this.part = 'status line';
    this.start = '';
  }

  /** To be called with all bytes that come, in order. It looks at 12 bytes of an ordinary answer. */
  pass(chunk: Buffer): void {
    for (let i = 0; i < chunk.length && this.part !== 'rest'; i++) {
      if (this.part === 'interim head') this.skip(chunk, i);
      else this.read(chunk, i);
    }
  }

  private read(chunk: Buffer, i: number): void {
    const byte = chunk[i];
    // Parsers ignore empty lines before an answer.
    if (this.start === '' && (byte === CR || byte === LF)) return;
    this.start += String.fromCharCode(byte);
    if (this.start.length < LENGTH) return;
    const status = Number(STATUS.exec(this.start)?.[1]);
    if (status >= 100 && status < 200 && status !== 101) {
      if (status === 100) chunk[i] = '2'.charCodeAt(0);
      this.part = 'interim head';
      this.lineLength = LENGTH;
    } else {
      if (status) this.status = status;
      this.part = 'rest';
    }
  }

  /** An empty line ends the head, and another answer begins. Names of headers are spoiled: a length or a close means nothing here. */
  private skip(chunk: Buffer, i: number): void {
    if (chunk[i] === LF) {
      if (this.lineLength === 0) this.expect();
      this.lineLength = 0;
    } else if (chunk[i] !== CR) {
      if (this.lineLength++ === 0) chunk[i] = 'x'.charCodeAt(0);
    }
  }
}
