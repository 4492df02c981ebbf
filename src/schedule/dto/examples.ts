import { CREATE_EXAMPLES } from '../../task/dto/examples';

/** Example schedules in the API explorer. */
export const SCHEDULE_EXAMPLES = {
  nightly: {
    summary: 'Every working day at 2:30 in Berlin',
    value: { cron: '30 2 * * MON-FRI', timezone: 'Europe/Berlin', batch: CREATE_EXAMPLES.chain.value, overlap: 'skip' },
  },
  frequent: {
    summary: 'Every ten seconds, all due times caught up',
    value: { cron: '*/10 * * * * *', batch: CREATE_EXAMPLES.batch.value, catch_up: 'all' },
  },
};
