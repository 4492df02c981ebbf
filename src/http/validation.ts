import { type ValidationError, validateSync } from 'class-validator';
import { InvalidRequest } from '../domain/errors';
import { bounded } from './faults';
import { isValid } from './fast-check';
import { type Dto, nestedOf } from './nested';

/**
 * Copies what the client sent into an instance of a DTO, and the DTOs in it, as it is: no value is converted and no
 * opaque part touched. Members that every object has already (`constructor`, `toString` …) stay behind, for the
 * validator asks an object's `constructor` which rules it has to follow.
 *
 * @param plain anything; what is not an object leaves the instance empty, and its rules say what is missing
 */
export function instantiate<T extends object>(dto: Dto<T>, plain: unknown): T {
  const instance = new dto() as Record<string, unknown>;
  if (typeof plain !== 'object' || plain === null) return instance as T;
  for (const [key, value] of Object.entries(plain)) {
    if (!(key in Object.prototype)) instance[key] = value;
  }
  for (const [name, { typeOf, isList }] of nestedOf(dto)) {
    const value = instance[name];
    if (value === undefined || value === null) continue;
    const type = typeOf(instance);
    if (!isList) instance[name] = instantiate(type, value);
    else if (Array.isArray(value)) instance[name] = value.map((item) => instantiate(type, item));
  }
  return instance as T;
}

/**
 * What the client sent as a DTO, and its faults by the decorators, made as they are read. What is valid stays the plain
 * object that it is.
 */
export function check<T extends object>(dto: Dto<T>, plain: unknown): { value: T; faults: Iterable<string> } {
  if (isValid(dto, plain)) return { value: plain as T, faults: [] };
  const value = instantiate(dto, plain);
  return { value, faults: faultsOf(value) };
}

/**
 * What the client sent as a DTO that follows its decorators.
 *
 * @throws {InvalidRequest} naming the field of every fault (of the first hundred)
 */
export function validated<T extends object>(dto: Dto<T>, plain: unknown): T {
  const { value, faults } = check(dto, plain);
  const named = bounded(faults);
  if (named.length > 0) throw new InvalidRequest('The request is not valid', named);
  return value;
}

/**
 * Sentences like `tasks[3].timeout: must be between 1 and 86400`. There is one fault a field: of several decorators the
 * one nearest to the field is asked first.
 */
function* faultsOf(instance: object): Generator<string> {
  for (const error of validateSync(instance, { stopAtFirstError: true })) yield* sentences(error, '');
}

function* sentences({ property, target, constraints, children }: ValidationError, parent: string): Generator<string> {
  const path = joined(parent, property, Array.isArray(target));
  for (const message of Object.values(constraints ?? {})) yield `${path}: ${withoutName(message, property)}`;
  for (const child of children ?? []) yield* sentences(child, path);
}

function joined(parent: string, property: string, isIndex: boolean): string {
  if (isIndex) return `${parent}[${property}]`;
  return parent ? `${parent}.${property}` : property;
}

/** The validator's own messages begin with the name of the field, which the path says already. */
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
