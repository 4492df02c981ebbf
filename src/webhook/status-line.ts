const LENGTH = 'HTTP/1.1 200'.length;
const STATUS = /^HTTP\/1\.\d (\d{3})$/;
const LF = 0x0a;
const CR = 0x0d;

type Part = 'status line' | 'interim head' | 'rest';

/**
 * Reads the status of a response from its first bytes, before undici's parser gets them, for two reasons:
 *
 * - undici rejects an unrequested `100 Continue`, although RFC 9110 (15.2) requires clients to accept it. It is changed
 *   in place into `102 Processing`, which undici skips.
 * - The status counts even if the rest cannot be parsed: a receiver that answered 2xx has accepted the call.
 */
export class StatusLine {
  /** The final status, when it has come. */
  status?: number;
  private part: Part = 'rest';
  private start = '';
  private lineLength = 0;

  /** Must be called when a request is sent: the bytes after that are its response. */
  expect(): void {
    this.status = undefined;
    this.part = 'status line';
    this.start = '';
  }

  /** Must be called with all bytes, in order. Of an ordinary response it reads 12. */
  pass(chunk: Buffer): void {
    for (let i = 0; i < chunk.length && this.part !== 'rest'; i++) {
      if (this.part === 'interim head') this.skip(chunk, i);
      else this.read(chunk, i);
    }
  }

  private read(chunk: Buffer, i: number): void {
    const byte = chunk[i];
    // Parsers ignore empty lines before a response.
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

  /** Skips an interim head, which ends with an empty line. Spoils its header names, so that no length or close takes effect. */
  private skip(chunk: Buffer, i: number): void {
    if (chunk[i] === LF) {
      if (this.lineLength === 0) this.expect();
      this.lineLength = 0;
    } else if (chunk[i] !== CR) {
      if (this.lineLength++ === 0) chunk[i] = 'x'.charCodeAt(0);
    }
  }
}
