import { ValidateBy } from 'class-validator';

/** A UUID of any version, as PostgreSQL accepts it. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Returns whether a value is a UUID, in lower or upper case. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Accepts a UUID in lower or upper case. */
export const IsUuid = () =>
  ValidateBy({ name: 'isUuid', validator: { validate: isUuid, defaultMessage: () => 'must be a UUID' } });
