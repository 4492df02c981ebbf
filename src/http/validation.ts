import { IsOptional, type ValidationError, validateSync } from 'class-validator';
import { InvalidRequest } from '../domain/errors';
import { bounded } from './faults';
import { isValid } from './is-valid';
import { type Dto, nestedOf } from './nested';

/**
 * Copies plain JSON into an instance of a DTO and of the DTOs in it, without conversions. Members with the name of an
 * inherited one (`constructor`, `toString` …) are dropped, as the validator finds the rules by `constructor`.
 *
 * @param plain anything; if it is not an object, the instance stays empty and fails validation.
 */
export function instantiate<T extends object>(dto: Dto<T>, plain: unknown): T {
  const instance = withoutItems(dto, plain);
  for (const [name, { typeOf, isList }] of nestedOf(dto)) {
    const value = instance[name];
    if (isList && Array.isArray(value)) instance[name] = value.map((item) => instantiate(typeOf(instance), item));
  }
  return instance as T;
}

/** Copies like `instantiate`, but leaves the items of lists as they are. */
function withoutItems(dto: Dto, plain: unknown): Record<string, unknown> {
  const instance = new dto() as Record<string, unknown>;
  if (typeof plain !== 'object' || plain === null) return instance;
  for (const key of Object.keys(plain)) {
    if (!(key in Object.prototype)) instance[key] = (plain as Record<string, unknown>)[key];
  }
  for (const [name, { typeOf, isList }] of nestedOf(dto)) {
    const value = instance[name];
    if (!isList && value !== undefined && value !== null) instance[name] = instantiate(typeOf(instance), value);
  }
  return instance;
}

/**
 * Checks plain JSON against the decorators of a DTO. Returns the value, which stays a plain object if it is valid, and a
 * lazy sequence of its faults.
 */
export function check<T extends object>(dto: Dto<T>, plain: unknown): { value: T; faults: Iterable<string> } {
  if (isValid(dto, plain)) return { value: plain as T, faults: [] };
  return { value: instantiate(dto, plain), faults: faultsOf(dto, plain, '') };
}

/**
 * Returns plain JSON as a DTO.
 * @throws {InvalidRequest} with the first 100 faults, each naming its field.
 */
export function validated<T extends object>(dto: Dto<T>, plain: unknown): T {
  const { value, faults } = check(dto, plain);
  const named = bounded(faults);
  if (named.length > 0) throw new InvalidRequest('The request is not valid', named);
  return value;
}

/**
 * Yields sentences like `tasks[3].timeout: must be between 1 and 86400`, one per field: the decorator nearest to the field
 * comes first. Items of lists are validated one by one as their faults are read: the validator creates several objects
 * per fault, and a request may have a million.
 */
function* faultsOf(dto: Dto, plain: unknown, path: string): Generator<string> {
  const instance = withoutItems(dto, plain);
  const lists = [...nestedOf(dto)].flatMap(([name, { typeOf, isList }]) => {
    const items = instance[name];
    if (!isList || !Array.isArray(items)) return [];
    instance[name] = Array<Sound>(items.length).fill(SOUND);
    return [{ name, type: typeOf(instance), items: items as unknown[] }];
  });
  const faulty = new Set<string>();
  for (const error of validateSync(instance, { stopAtFirstError: true })) {
    faulty.add(error.property);
    yield* sentences(error, path);
  }
  for (const { name, type, items } of lists) {
    if (faulty.has(name)) continue;
    for (const [index, item] of items.entries()) {
      if (!isValid(type, item)) yield* faultsOf(type, item, joined(joined(path, name, false), String(index), true));
    }
  }
}

/** Stands for each item while the list itself is validated: a valid object with rules. */
class Sound {
  @IsOptional()
  nothing?: undefined;
}
const SOUND = new Sound();

function* sentences({ property, target, constraints, children }: ValidationError, parent: string): Generator<string> {
  const path = joined(parent, property, Array.isArray(target));
  for (const message of Object.values(constraints ?? {})) yield `${path}: ${withoutName(message, property)}`;
  for (const child of children ?? []) yield* sentences(child, path);
}

function joined(parent: string, property: string, isIndex: boolean): string {
  if (isIndex) return `${parent}[${property}]`;
  return parent ? `${parent}.${property}` : property;
}

/** Removes the name of the field from a message of the validator, as the path has it already. */
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
