/**
 * Decodes text. A byte order mark determines the encoding, and is removed.
 * @param charset of a text without a byte order mark.
 * @throws {RangeError} if the charset is unknown.
 */
export function decode(bytes: Buffer, charset = 'utf-8'): string {
  return new TextDecoder(charsetByMark(bytes) ?? charset).decode(bytes);
}

function charsetByMark([first, second, third]: Buffer): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return undefined;
}
