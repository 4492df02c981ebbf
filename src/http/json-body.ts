import { isUtf8 } from 'node:buffer';
import { InvalidRequest } from '../domain/errors';
import { ExactNumber, readSurveyed } from '../domain/exact-number';
import { MAX_DEPTH, MAX_VALUES, surveyJson } from '../domain/json-survey';
import { anyJsonFields } from './any-json';
import { bounded } from './faults';

/** What a text of at most this length says fits in memory, however it is made up. */
const HARMLESS_LENGTH = 512 * 1024;
/** So much of a member's name is shown in the path to a fault. */
const MOST_SHOWN = 200;
const NOT_ACCEPTABLE = 'The JSON is not acceptable';

/** A body that cannot be taken as it is. What is wrong is for the endpoint to say, together with what else is. */
export class UnacceptableBody {
  /** @param value what it says all the same, where it can be read; `tooDeep` to be walked recursively, perhaps. */
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
 * Reads a JSON body: plain data that PostgreSQL can store, or what is wrong with it. Opaque parts (metadata, webhook
 * bodies) keep every key they came with, `constructor` and `toString` included.
 *
 * @returns `undefined` for an empty body: whether one is needed is for the endpoint to say
 */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) return malformed('body: must be UTF-8');
  return examine(body.toString('utf8'), '');
}

/**
 * Parses JSON that a client has put somewhere else than into the body.
 *
 * @param path what the client knows the text as, e.g. `metadata`
 * @throws {InvalidRequest} malformed, nested too deep, or with something in it that PostgreSQL cannot store
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
    value = readSurveyed(text, bound === undefined ? exact : [], path ? undefined : anyJsonFields);
  } catch (error) {
    return malformed(`${path || 'body'}: ${(error as SyntaxError).message}`);
  }
  if (bound !== undefined) return new UnacceptableBody(NOT_ACCEPTABLE, [`${path || 'body'}: ${bound}`], value, tooDeep);
  // The rest can only be written by its name or in such ways, so that nearly every text is spared the closer look.
  if (exact.length === 0 && !/__proto__|\\u(?:00|d[89a-f])/i.test(text)) return value;
  // The only arrays that clients send as a whole body are lists of tasks.
  const faults = bounded(unstorable(value, path || (Array.isArray(value) ? 'tasks' : '')));
  return faults.length > 0 ? new UnacceptableBody(NOT_ACCEPTABLE, faults, value) : value;
}

/** What is wrong with a text before anything is made of it. */
function boundOf(tooDeep: boolean, tooMany: boolean): string | undefined {
  if (tooDeep) return `must not be nested deeper than ${MAX_DEPTH} levels`;
  return tooMany ? `must not have more than ${MAX_VALUES} values` : undefined;
}

const malformed = (fault: string) => new UnacceptableBody('The JSON is malformed', [fault]);

/** What in parsed JSON cannot be kept as it is: a sentence for each text or member, naming it by its path. */
export function* unstorable(value: unknown, path: string): Generator<string> {
  if (typeof value === 'string') {
    if (!isStorable(value)) yield `${path || 'body'}: must not contain U+0000 or lone surrogates`;
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) yield `${path || 'body'}: must not be beyond the range of a double`;
  } else if (value instanceof ExactNumber) {
    if (!value.isStorable) yield `${path || 'body'}: must not be beyond the range of numbers that PostgreSQL can store`;
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

/** A name may be as long as the body, and each fault that is kept would hold it. */
const shown = (key: string): string => (key.length > MOST_SHOWN ? `${key.slice(0, MOST_SHOWN)}…` : key);

/** PostgreSQL can hold neither U+0000 nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}
