import { isUtf8 } from 'node:buffer';
import { InvalidRequest } from '../domain/errors';
import { ExactNumber, readSurveyed } from '../domain/exact-number';
import { MAX_DEPTH, MAX_VALUES, surveyJson } from '../domain/json-survey';
import { OPAQUE_FIELDS } from './any-json';
import { bounded } from './faults';

/** Text up to this length fits in memory when parsed, whatever its content. */
const HARMLESS_LENGTH = 512 * 1024;
/** Characters of a member's name shown in the path of a fault. */
const MAX_SHOWN = 200;
const NOT_ACCEPTABLE = 'The JSON is not acceptable';

/** A body with faults. The endpoint reports them together with the faults that it finds itself. */
export class UnacceptableBody {
  /**
   * @param value the parsed body, if it could be parsed.
   * @param tooDeep whether it is nested too deep for recursion.
   */
  constructor(
    readonly error: string,
    readonly faults: string[],
    readonly value?: unknown,
    readonly tooDeep = false,
  ) {}

  get problem(): InvalidRequest {
    return new InvalidRequest(this.error, this.faults);
  }
}

/**
 * Parses a JSON body. Opaque parts (metadata, webhook bodies) keep all of their keys, even `constructor` and `toString`.
 * @returns data that PostgreSQL can store, an `UnacceptableBody`, or `undefined` for an empty body.
 */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) return malformed('body: must be UTF-8');
  return examine(body.toString('utf8'), '');
}

/**
 * Parses JSON from another part of the request than the body.
 * @param path the client's name of the text, e.g. `metadata`.
 * @throws {InvalidRequest} if it is malformed, nested too deep, or not storable in PostgreSQL.
 */
export function parseJson(text: string, path: string): unknown {
  const value = examine(text, path);
  if (value instanceof UnacceptableBody) throw value.problem;
  return value;
}

function examine(text: string, path: string): unknown {
  const { tooDeep, tooMany, exact } = surveyJson(text);
  const bound = boundOf(tooDeep, tooMany);
  if (bound !== undefined && text.length > HARMLESS_LENGTH)
    return new UnacceptableBody(NOT_ACCEPTABLE, [`${path || 'body'}: ${bound}`], undefined, tooDeep);
  let value: unknown;
  try {
    value = readSurveyed(text, bound === undefined ? exact : [], path ? undefined : OPAQUE_FIELDS);
  } catch (error) {
    return malformed(`${path || 'body'}: ${(error as SyntaxError).message}`);
  }
  if (bound !== undefined) return new UnacceptableBody(NOT_ACCEPTABLE, [`${path || 'body'}: ${bound}`], value, tooDeep);
  // A text without these patterns is storable; nearly all are spared the full check.
  if (exact.length === 0 && !/__proto__|\\u(?:00|d[89a-f])/i.test(text)) return value;
  // The only arrays that clients send as a body are lists of tasks.
  const faults = bounded(unstorable(value, path || (Array.isArray(value) ? 'tasks' : '')));
  return faults.length > 0 ? new UnacceptableBody(NOT_ACCEPTABLE, faults, value) : value;
}

/** Returns the limit that a text exceeds, if any. */
function boundOf(tooDeep: boolean, tooMany: boolean): string | undefined {
  if (tooDeep) return `must not be nested deeper than ${MAX_DEPTH} levels`;
  return tooMany ? `must not have more than ${MAX_VALUES} values` : undefined;
}

const malformed = (fault: string) => new UnacceptableBody('The JSON is malformed', [fault]);

/** Yields a sentence for each text, number or name in parsed JSON that PostgreSQL cannot store, beginning with its path. */
export function* unstorable(value: unknown, path: string): Generator<string> {
  if (typeof value === 'string') {
    if (!isStorable(value)) yield `${path || 'body'}: must not contain U+0000 or lone surrogates`;
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) yield `${path || 'body'}: must be within the range of a double`;
  } else if (value instanceof ExactNumber) {
    if (!value.isStorable) yield `${path || 'body'}: must be within the range of numbers that PostgreSQL can store`;
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unstorable(item, `${path}[${index}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      if (key === '__proto__') yield `${path || 'body'}: must not have a member __proto__`;
      else if (!isStorable(key)) yield `${path || 'body'}: must not have U+0000 or lone surrogates in a member's name`;
      else yield* unstorable(item, path ? `${path}.${shown(key)}` : shown(key));
    }
  }
}

/** Shortens a name, which may be as long as the body. */
const shown = (key: string): string => (key.length > MAX_SHOWN ? `${key.slice(0, MAX_SHOWN)}…` : key);

/** PostgreSQL can store neither U+0000 nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}
