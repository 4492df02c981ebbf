import { ValidateNested } from 'class-validator';

export type Dto<T extends object = object> = new () => T;

/** The DTO of a member, which may depend on the parent object, and whether the member is an array. */
export interface NestedType {
  typeOf: (parent: object) => Dto;
  isList: boolean;
}

const nestedTypes = new Map<object, Map<string, NestedType>>();

const register =
  (nested: NestedType, message?: string): PropertyDecorator =>
  (prototype, property) => {
    const types = nestedTypes.get(prototype) ?? new Map(typesOf(prototype));
    nestedTypes.set(prototype, types.set(property as string, nested));
    ValidateNested({ each: nested.isList, message })(prototype, property);
  };

/** Validates a member as a DTO. */
export const Nested = <P extends object>(typeOf: (parent: P) => Dto): PropertyDecorator =>
  register({ typeOf: typeOf as (parent: object) => Dto, isList: false });

/** Validates a member as an array of DTOs. */
export const NestedList = (typeOf: () => Dto, message: string): PropertyDecorator =>
  register({ typeOf, isList: true }, message);

/** Returns the members of a DTO that are DTOs themselves, inherited ones included. */
export const nestedOf = (dto: Dto): ReadonlyMap<string, NestedType> => typesOf(dto.prototype as object);

const NONE: ReadonlyMap<string, NestedType> = new Map();

function typesOf(prototype: object | null): ReadonlyMap<string, NestedType> {
  if (prototype === null) return NONE;
  return nestedTypes.get(prototype) ?? typesOf(Object.getPrototypeOf(prototype) as object | null);
}
