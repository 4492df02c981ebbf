import { ValidateBy } from 'class-validator';
import { cronFault, MAX_CRON_LENGTH } from '../due-times';

/** Accepts a cron expression that comes due at some time. */
export const IsCron = () =>
  ValidateBy({
    name: 'isCron',
    validator: {
      validate: (value: unknown) => faultOf(value) === undefined,
      defaultMessage: (args) => faultOf(args?.value) ?? '',
    },
  });

function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_CRON_LENGTH)
    return `must be a text of at most ${MAX_CRON_LENGTH} characters`;
  return cronFault(value);
}
