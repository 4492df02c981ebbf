import { getMetadataStorage, type ValidationArguments } from 'class-validator';
import { isObject } from '../domain/json';
import { type Dto, nestedOf, type NestedType } from './nested';

/** The checks of one member, in the order of its decorators. */
interface Member {
  name: string;
  isAbsent: (object: object, value: unknown) => boolean;
  checks: ((value: unknown, object: object) => boolean)[];
  nested?: NestedType;
}

const compiled = new Map<Dto, Member[]>();

/**
 * Returns whether plain JSON follows the decorators of a DTO. It takes a tenth of the time of `validateSync`, as it
 * compiles the decorators once, creates no instances and describes no faults. It may call valid JSON invalid, never the
 * other way round; `validateSync` decides then.
 */
export function isValid(dto: Dto, plain: unknown): boolean {
  if (!isObject(plain)) return false;
  let members = compiled.get(dto);
  if (!members) compiled.set(dto, (members = compile(dto)));
  for (const { name, isAbsent, checks, nested } of members) {
    const value = plain[name];
    if (isAbsent(plain, value)) continue;
    for (const check of checks) if (!check(value, plain)) return false;
    if (nested && !isValidNested(nested, plain, value)) return false;
  }
  return true;
}

function isValidNested({ typeOf, isList }: NestedType, parent: object, value: unknown): boolean {
  const type = typeOf(parent);
  if (!isList) return isValid(type, value);
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!isValid(type, item)) return false;
  return true;
}

function compile(dto: Dto): Member[] {
  const storage = getMetadataStorage();
  const byName = storage.groupByPropertyName(storage.getTargetValidationMetadatas(dto, '', false, false));
  return Object.entries(byName).map(([name, rules]) => {
    const conditions = rules
      .filter(({ type }) => type === 'conditionalValidation')
      .map(({ constraints: [holds] }) => holds as (object: object, value: unknown) => boolean);
    const checks = rules
      .filter(({ type }) => type === 'customValidation')
      .flatMap(({ constraintCls, constraints, each }) =>
        storage.getTargetValidatorConstraints(constraintCls).map(({ instance }) => {
          const args: ValidationArguments = {
            targetName: dto.name,
            property: name,
            object: {},
            value: null,
            constraints,
          };
          const one = (value: unknown) => instance.validate(value, args) === true;
          return (value: unknown, object: object) => {
            args.object = object;
            args.value = value;
            return each ? Array.isArray(value) && value.every(one) : one(value);
          };
        }),
      );
    return {
      name,
      isAbsent: (object, value) => {
        for (const holds of conditions) if (!holds(object, value)) return true;
        return false;
      },
      checks,
      nested: nestedOf(dto).get(name),
    };
  });
}
