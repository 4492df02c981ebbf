import * as fc from 'fast-check';
import type { Operation } from './document';
import * as http from './hostile-http';
import { BROKEN_JSON, BYTES, JSON_TEXTS } from './hostile-json';

/** A request as it is sent. */
export interface WireRequest {
  method: string;
  /** Path and query, escaped or not. */
  target: string;
  headers: [name: string, value: string][];
  body?: Buffer;
}

/** JSON text within a value. */
class Text {
  constructor(readonly json: string) {}
}

const text = fc.constantFrom(...JSON_TEXTS).map((json) => new Text(json));

type Path = (string | number)[];

/** Returns the paths to every part of a value. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

/** Returns the value with the part at a path changed; `undefined` removes it. */
function replaced(value: unknown, [key, ...rest]: Path, change: (part: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.flatMap((part, index) => (index === key ? [replaced(part, rest, change)] : [part]));
  const object = value as Record<string, unknown>;
  return { ...object, [key]: replaced(object[key], rest, change) };
}

const withMember = (part: unknown, name: string, value: unknown) =>
  typeof part === 'object' && part !== null && !Array.isArray(part) && !(part instanceof Text)
    ? Object.fromEntries([...Object.entries(part), [name, value]])
    : value;

const change: fc.Arbitrary<(part: unknown) => unknown> = fc.oneof(
  { weight: 8, arbitrary: text.map((value) => () => value) },
  {
    weight: 4,
    arbitrary: fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.integer()).map((value) => () => value),
  },
  { weight: 1, arbitrary: fc.constant(() => undefined) },
  { weight: 1, arbitrary: fc.constant((part: unknown) => [part]) },
  { weight: 1, arbitrary: fc.nat(30).map((times) => (part: unknown) => Array.from({ length: times }, () => part)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('__proto__', 'constructor', 'toString', 'extra', '', '\u0000'), text).map(
      ([name, value]) =>
        (part: unknown) =>
          withMember(part, name, value),
    ),
  },
);

/** A change, and the index of the part to change. */
const hostileChange = fc.tuple(fc.nat(10_000), change);

/** A body with few hostile parts, mostly one, as a fault may hide others. */
const mutated = (body: unknown): fc.Arbitrary<Buffer> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.tuple(hostileChange) },
      { weight: 1, arbitrary: fc.array(hostileChange, { maxLength: 3 }) },
    )
    .map((changes) =>
      changes.reduce((value: unknown, [place, make]) => {
        const paths = pathsOf(value);
        return replaced(value, paths[place % paths.length], make);
      }, body),
    )
    .map((value) => Buffer.from(written(value)));

function written(value: unknown): string {
  if (value instanceof Text) return value.json;
  if (Array.isArray(value)) return `[${value.map((part) => (part === undefined ? 'null' : written(part))).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const members = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${written(part)}`).join()}}`;
}

const anyBytes = fc.oneof(
  text.map(({ json }) => Buffer.from(json)),
  fc.constantFrom(...BROKEN_JSON).map((broken) => Buffer.from(broken)),
  fc.constantFrom(...BYTES),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((json) => Buffer.from(json)),
);

const cut = (bytes: fc.Arbitrary<Buffer>) =>
  fc.tuple(bytes, fc.double({ min: 0, max: 1, noNaN: true })).map(([all, part]) => all.subarray(0, all.length * part));

function bodyFor({ bodies }: Operation): fc.Arbitrary<Buffer | undefined> {
  if (bodies.length === 0) return fc.option(anyBytes, { nil: undefined, freq: 2 });
  const close = fc.oneof(...bodies.map(mutated));
  return fc.oneof(
    { weight: 12, arbitrary: close },
    { weight: 1, arbitrary: cut(close) },
    { weight: 4, arbitrary: anyBytes },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

function targetFor({ path, queryParameters }: Operation, known: Known): fc.Arbitrary<string> {
  const id = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...(path.includes('{batch_id}') ? known.batches : known.tasks)) },
    { weight: 1, arbitrary: fc.constantFrom(...http.PATH_PARTS) },
  );
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...(queryParameters.length > 0 ? queryParameters : ['page'])) },
    { weight: 1, arbitrary: fc.constantFrom(...http.QUERY_NAMES) },
  );
  const pair = fc
    .tuple(name, fc.constantFrom(...http.QUERY_SUFFIXES), fc.constantFrom(...http.QUERY_VALUES))
    .map(([key, suffix, value]) => `${key}${suffix}=${value}`);
  const pairs = fc.array(pair, { maxLength: 5 });
  const some = queryParameters.length > 0 ? pairs : fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, pairs);
  const query = fc
    .tuple(some, fc.constantFrom('&', '&', '&', ';', '&&'))
    .map(([all, separator]) => (all.length > 0 ? `?${all.join(separator)}` : ''));
  return fc.tuple(id, query).map(([part, rest]) => path.replace(/\{\w+\}/, part) + rest);
}

/** UUIDs that exist. */
export interface Known {
  tasks: string[];
  batches: string[];
}

/** Generates hostile requests to an endpoint. */
export function requestsTo(operation: Operation, known: Known): fc.Arbitrary<WireRequest> {
  const type = fc.oneof(
    { weight: 6, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: fc.constantFrom(...http.CONTENT_TYPES) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
  return fc
    .record({
      method: fc.oneof(
        { weight: 12, arbitrary: fc.constant(operation.method) },
        { weight: 1, arbitrary: fc.constantFrom(...http.METHODS) },
      ),
      target: targetFor(operation, known),
      type,
      further: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.subarray(http.HEADERS, { maxLength: 3 }) },
      ),
      body: bodyFor(operation),
    })
    .map(({ method, target, type, further, body }) => ({
      method,
      target,
      headers: [...(type === undefined ? [] : [['content-type', type] as [string, string]]), ...further],
      body,
    }));
}
