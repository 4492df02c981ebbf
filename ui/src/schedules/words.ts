import type { Schedule } from '../api/types';

/** What a due time does while the previous batch is unfinished. */
export const OVERLAPS: Record<Schedule['overlap'], { short: string; long: string }> = {
  allow: { short: 'Allow', long: 'Allow: batches may run beside each other' },
  skip: { short: 'Skip', long: 'Skip: no batch while the previous one is unfinished' },
  stop_previous: { short: 'Stop previous', long: 'Stop previous: an unfinished previous batch is stopped first' },
};

/** Which missed due times are fired. */
export const CATCH_UPS: Record<Schedule['catch_up'], string> = {
  none: 'None',
  one: 'The last one',
  all: 'All, at most the last 100',
};
