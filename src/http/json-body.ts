import { isUtf8 } from 'node:buffer';
import { InvalidRequest } from '../domain/errors';
import { bounded } from './faults';

/** Deep enough for any metadata a person writes, and safe for every function that walks it recursively. */
const MAX_DEPTH = 64;

/**
 * Reads a JSON body.
 *
 * @returns `undefined` for an empty body: whether one is needed is for the endpoint to say
 * @throws {InvalidRequest} see `parseJson`
 */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw new InvalidRequest('The JSON is malformed', ['body: must be UTF-8']);
  return parseJson(body.toString('utf8'));
}

/**
 * Parses JSON from a client. What comes back is plain data that PostgreSQL can store; opaque parts (metadata, webhook
 * bodies) keep every key they came with, `constructor` and `toString` included.
 *
 * @param path what the client knows the text as, e.g. `metadata`; empty for the whole body
 * @throws {InvalidRequest} malformed, nested too deep, U+0000 or a lone surrogate in a text, a member `__proto__`
 */
export function parseJson(text: string, path = ''): unknown {
  if (isTooDeep(text)) refuse([`${path || 'body'}: must not be nested deeper than ${MAX_DEPTH} levels`]);
  const value = parse(text, path);
  // The rest can only be written by its name or by such an escape, so that nearly every text is spared the closer look.
  if (/__proto__|\\u(?:00|d[89a-f])/i.test(text)) {
    // The only arrays that clients send as a whole body are lists of tasks.
    refuse(bounded(unstorable(value, path || (Array.isArray(value) ? 'tasks' : ''))));
  }
  return value;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRequest('The JSON is malformed', [`${path || 'body'}: ${(error as SyntaxError).message}`]);
  }
}

function refuse(faults: string[]): void {
  if (faults.length > 0) throw new InvalidRequest('The JSON is not acceptable', faults);
}

/** Counts brackets outside of strings, so that no parser or walker ever meets a tower of them. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text[index]) {
      case '"':
        index = endOfString(text, index);
        break;
      case '[':
      case '{':
        if (++depth > MAX_DEPTH) return true;
        break;
      case ']':
      case '}':
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
  while (text[index - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** What in parsed JSON cannot be kept as it is: a sentence for each text or member, naming it by its path. */
export function* unstorable(value: unknown, path: string): Generator<string> {
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
