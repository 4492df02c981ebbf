import { isUtf8 } from 'node:buffer';
import { InvalidRequest } from '../domain/errors';
import { bounded } from './faults';

/** Deep enough for any metadata a person writes, and safe for every function that walks it recursively. */
const MAX_DEPTH = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads a JSON body. What comes back is plain data that PostgreSQL can store; opaque parts (metadata, webhook bodies)
 * keep every key they came with, `constructor` and `toString` included.
 *
 * @returns `undefined` for an empty body: whether one is needed is for the endpoint to say
 * @throws {InvalidRequest} malformed JSON or UTF-8, nested too deep, U+0000 or a lone surrogate in a text, a `__proto__`
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw new InvalidRequest('The body is not valid JSON', ['body: must be UTF-8']);
  const text = body.toString('utf8');
  if (isDeeperThan(MAX_DEPTH, text)) {
    throw new InvalidRequest('The body is not acceptable', [
      `body: must not be nested deeper than ${MAX_DEPTH} levels`,
    ]);
  }
  const value = parse(text);
  // These can only be written by their names or by such an escape, so that nearly every body is spared the closer look.
  if (/__proto__|\\u(?:00|d[89a-f])/i.test(text)) refuseUnstorable(value);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRequest('The body is not valid JSON', [`body: ${(error as SyntaxError).message}`]);
  }
}

/** Counts brackets outside of strings, so that no parser or walker ever meets a tower of them. */
function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > limit) return true;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function refuseUnstorable(value: unknown): void {
  // The only arrays that clients send as a whole body are lists of tasks.
  const faults = bounded(unstorable(value, Array.isArray(value) ? 'tasks' : ''));
  if (faults.length > 0) throw new InvalidRequest('The body is not acceptable', faults);
}

function* unstorable(value: unknown, path: string): Generator<string> {
  if (typeof value === 'string') {
    if (!isStorable(value)) yield `${path || 'body'}: must not contain U+0000 or lone surrogates`;
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unstorable(item, `${path}[${index}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key === '__proto__') yield `${path || 'body'}: must not have a member __proto__`;
      else if (!isStorable(key)) yield `${path || 'body'}: must not have U+0000 or lone surrogates in a member's name`;
      else yield* unstorable(item, path ? `${path}.${key}` : key);
    }
  }
}

/** PostgreSQL can hold neither U+0000 nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}
