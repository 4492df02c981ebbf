import { ValidateBy } from 'class-validator';

/** The calendar forms of ISO 8601 that people and programs write; weeks and ordinal days are not among them. */
const FORM = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

const ZONE = /(?:Z|[+-]\d\d:?\d\d)$/;

/** The point in time that such a text stands for, in UTC where it names no zone. */
export const timeOf = (text: string): Date =>
  new Date(text.length > 10 && !ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);

/** `Date` takes February 30 for the first of March; the day of a real date comes back as it was. */
const isDay = (day: string): boolean => !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);

/** A point in time that exists. */
export const IsTime = () =>
  ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        FORM.test(value) &&
        isDay(value.slice(0, 10)) &&
        !Number.isNaN(timeOf(value).getTime()),
      defaultMessage: () => 'must be an ISO 8601 time, like 2026-01-05T08:00:00Z',
    },
  });
