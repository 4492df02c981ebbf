import { ValidateBy } from 'class-validator';

/** Calendar dates of ISO 8601, without week dates and ordinal dates. */
const FORM = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

const ZONE = /(?:Z|[+-]\d\d:?\d\d)$/;

/** Parses a time; without a zone it is UTC. */
export const timeOf = (text: string): Date =>
  new Date(text.length > 10 && !ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);

/** Returns whether the day exists: `Date` reads February 30 as the first of March. */
const isDay = (day: string): boolean => !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && FORM.test(value) && isDay(value.slice(0, 10)) && !Number.isNaN(timeOf(value).getTime());

/** Accepts an existing point in time. */
export const IsTime = () =>
  ValidateBy({
    name: 'isTime',
    validator: {
      validate: isTime,
      defaultMessage: () => 'must be an ISO 8601 time, like 2026-01-05T08:00:00Z',
    },
  });

/** Returns whether a time is in the years 1 to 9999, whatever its zone: answers show it in UTC, and PostgreSQL reads that. */
const hasFourDigitYear = (time: Date): boolean => /^(?!0000)\d{4}-/.test(time.toISOString());

/** Accepts an existing point in time that names its zone. */
export const IsZonedTime = () =>
  ValidateBy({
    name: 'isZonedTime',
    validator: {
      validate: (value: unknown) => isTime(value) && ZONE.test(value) && hasFourDigitYear(timeOf(value)),
      defaultMessage: () => 'must be an ISO 8601 time with a zone in the years 1 to 9999, like 2026-01-05T08:00:00Z',
    },
  });
