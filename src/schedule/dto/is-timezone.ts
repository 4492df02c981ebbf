import { ValidateBy } from 'class-validator';

/** Accepts the name of a time zone in the IANA database, and no offset. */
export const IsTimezone = () =>
  ValidateBy({
    name: 'isTimezone',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && /^[A-Za-z]/.test(value) && isKnown(value),
      defaultMessage: () => 'must be an IANA time zone, like Europe/Berlin',
    },
  });

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
