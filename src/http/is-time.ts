import { ValidateBy } from 'class-validator';

/** The calendar forms of ISO 8601 that people and programs write; weeks and ordinal days are not among them. */
const FORM = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** A point in time, as text that `Date` reads the same as PostgreSQL. */
export const IsTime = () =>
  ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && FORM.test(value) && !Number.isNaN(Date.parse(value)),
      defaultMessage: () => 'must be an ISO 8601 time, like 2026-01-05T08:00:00Z',
    },
  });
