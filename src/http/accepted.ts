import { RouteConfig } from '@nestjs/platform-fastify';
import { getMetadataStorage } from 'class-validator';
import { isObject } from '../domain/json';
import { type Dto, nestedOf, type NestedType } from './nested';
import { suggestion } from './suggestion';

/** What an operation reads of a request. It ignores all else. */
export interface Accepted {
  /** Parameters in the query: those of a DTO, or names. */
  query?: Dto | readonly string[];
  /** Forms of the body: the members of all of them are read. An array stands for a body with `tasks`. */
  body?: readonly [Dto, ...Dto[]];
  /** Forms of each item of a body that is a bulk. */
  items?: readonly [Dto, ...Dto[]];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    accepted?: Accepted;
  }
}

/** Says what an operation reads of a request. Without it, an operation reads neither the query nor the body. */
export const Accepts = (accepted: Accepted): MethodDecorator => RouteConfig({ accepted });

/** A member or parameter that is ignored. */
export interface Ignored {
  /** E.g. `tasks[0].timout`. */
  path: string;
  /** Returns the accepted name that was probably meant. It compares all of them, which takes a tenth of a millisecond. */
  meant: () => string | undefined;
}

/** Members by name; those that are DTOs themselves with their type. */
type Members = ReadonlyMap<string, NestedType | null>;

const compiled = new Map<Dto, Members>();
const elsewhere = new Map<object, Map<string, NestedType>>();

/** Names the DTO of a member that is validated elsewhere. */
export const ValidatedAs =
  (typeOf: () => Dto): PropertyDecorator =>
  (prototype, property) => {
    const types = elsewhere.get(prototype) ?? new Map<string, NestedType>();
    elsewhere.set(prototype, types.set(property as string, { typeOf, isList: false }));
  };

function membersOf(dto: Dto): Members {
  const known = compiled.get(dto);
  if (known) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const members = new Map<string, NestedType | null>(rules.map(({ propertyName }) => [propertyName, null]));
  for (const [name, type] of nestedOf(dto)) members.set(name, type);
  for (const [name, type] of elsewhere.get(dto.prototype as object) ?? []) members.set(name, type);
  compiled.set(dto, members);
  return members;
}

const merged = new WeakMap<readonly Dto[], Members>();

/** Returns the members of all forms. The arrays of `Accepts` are constants, so each is merged once. */
function membersOfAll(forms: readonly Dto[]): Members {
  let all = merged.get(forms);
  if (!all) merged.set(forms, (all = new Map(forms.flatMap((dto) => [...membersOf(dto)]))));
  return all;
}

/** Yields the parameters of a query that are ignored. */
export function* ignoredParameters(query: object, accepted: Accepted['query'] = []): Generator<Ignored> {
  const names = typeof accepted === 'function' ? [...membersOf(accepted).keys()] : accepted;
  for (const path of Object.keys(query)) {
    // Clients send the token of a handle along with everything; it is no parameter of the operation.
    if (path !== 'token' && !names.includes(path)) yield { path, meant: () => suggestion(path, names) };
  }
}

/**
 * Yields the members of plain JSON that are ignored. Nearly all bodies have none, and are only read: that takes a few
 * percent of the time that their validation takes. Opaque members (metadata, bodies, headers) are not looked into.
 */
export function* ignoredMembers(value: unknown, forms: readonly Dto[], path = ''): Generator<Ignored> {
  const members = membersOfAll(forms);
  const body = Array.isArray(value) && members.has('tasks') ? { tasks: value as unknown[] } : value;
  if (!isObject(body)) return;
  if (!areKnown(members, body)) yield* unknownIn(members, body, path);
}

/** Returns whether all members of an object, and of the DTOs in it, are known. */
function areKnown(members: Members, object: Record<string, unknown>): boolean {
  for (const name of Object.keys(object)) {
    const type = members.get(name);
    if (type === undefined) return false;
    if (type === null) continue;
    const value = batchOf(type, object[name]);
    const nested = membersOf(type.typeOf(object));
    if (!Array.isArray(value)) {
      if (isObject(value) && !areKnown(nested, value)) return false;
    } else for (const item of value as unknown[]) if (isObject(item) && !areKnown(nested, item)) return false;
  }
  return true;
}

function* unknownIn(members: Members, object: Record<string, unknown>, path: string): Generator<Ignored> {
  for (const name of Object.keys(object)) {
    const type = members.get(name);
    const here = path ? `${path}.${name}` : name;
    if (type === undefined) yield { path: here, meant: () => suggestion(name, [...members.keys()]) };
    if (!type) continue;
    const value = batchOf(type, object[name]);
    const nested = membersOf(type.typeOf(object));
    if (isObject(value)) yield* unknownIn(nested, value, here);
    if (!Array.isArray(value)) continue;
    for (const [index, item] of value.entries()) {
      if (isObject(item)) yield* unknownIn(nested, item, `${here}[${index}]`);
    }
  }
}

/** Returns a batch within a body in its form with `tasks`, and any other value as it is. */
const batchOf = ({ isList }: NestedType, value: unknown): unknown =>
  !isList && Array.isArray(value) ? { tasks: value as unknown[] } : value;
