import { type ValidationError, validateSync } from 'class-validator';
import { InvalidRequest } from '../domain/errors';
import { bounded } from './faults';

/**
 * Copies what the client sent into an instance of a DTO, as it is: no value is converted and no opaque part touched.
 * Members that every object has already (`constructor`, `toString` …) stay behind, for the validator asks an object's
 * `constructor` which rules it has to follow.
 *
 * @param plain anything; what is not an object leaves the instance empty, and its rules say what is missing
 */
export function fill<T extends object>(instance: T, plain: unknown): T {
  if (typeof plain !== 'object' || plain === null) return instance;
  return Object.assign(
    instance,
    Object.fromEntries(Object.entries(plain).filter(([key]) => !(key in Object.prototype))),
  );
}

/**
 * Checks a DTO by its decorators.
 *
 * @param path what the client knows the instance as, e.g. `tasks[3]`; empty for the whole body
 * @throws {InvalidRequest} naming the field of every fault (of the first hundred)
 */
export function validated<T extends object>(instance: T, path = ''): T {
  const faults = bounded(faultsOf(instance, path));
  if (faults.length > 0) throw new InvalidRequest('The request is not valid', faults);
  return instance;
}

/**
 * The faults of a DTO by its decorators, for callers that have more to check before they answer. There is one fault a
 * field: of several decorators the one nearest to the field is asked first.
 *
 * @returns sentences like `tasks[3].timeout: must be between 1 and 86400`, made as they are read
 */
export function* faultsOf(instance: object, path = ''): Generator<string> {
  for (const error of validateSync(instance, { stopAtFirstError: true })) yield* sentences(error, path);
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
