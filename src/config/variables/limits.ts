import { DAY_SECS, onOff, whole } from './forms';

/** A JavaScript string, which the body becomes, cannot hold much more than twice this. */
const LARGEST_BODY_BYTES = 268_435_456;

export const limits = {
  title: 'Limits of requests, and lists',
  variables: {
    PAGINATION_DEFAULT: whole(1, 10_000, 50, 'rows', 'Page size of a list if the request gives none.'),
    PAGINATION_MAX: whole(1, 10_000, 100, 'rows', 'Largest page size; larger ones are cut to it.'),

    BATCH_CHANNEL_CAPACITY: whole(
      1,
      1_000_000,
      10_000,
      'increments',
      'Maximum number of increments waiting to be written.',
    ),
    BATCH_FLUSH_INTERVAL_MS: whole(
      0,
      60_000,
      0,
      'milliseconds',
      'Pause between two writes of increments; 0 means none.',
    ),

    MAX_TASKS_PER_BATCH: whole(1, 1_000_000, 10_000, 'tasks', 'Maximum number of tasks in one request.'),
    MAX_TASKS_TOTAL_PER_BATCH: whole(
      1,
      10_000_000,
      100_000,
      'tasks',
      'Maximum number of tasks that a batch may ever have, those added later included.',
    ),
    MAX_LINKS_PER_BATCH: whole(
      1,
      10_000_000,
      200_000,
      'dependencies',
      'Maximum number of dependencies of all tasks in one request.',
    ),
    MAX_DEPS_PER_TASK: whole(1, 1_000_000, 1000, 'dependencies', 'Maximum number of dependencies of one task.'),
    MAX_ACTIONS_PER_TASK: whole(
      1,
      10_000,
      20,
      'actions',
      'Maximum number of start, success and failure actions of one task.',
    ),
    PAYLOAD_MAX_BYTES: whole(
      1,
      LARGEST_BODY_BYTES,
      16_777_216,
      'bytes',
      'Maximum size of a request body; a report on one task is limited to 512 KiB.',
    ),
  },
};

export const retention = {
  title: 'Retention',
  variables: {
    RETENTION_ENABLED: onOff(false, 'Remove old ended tasks with everything that belongs to them.'),
    RETENTION_DAYS: whole(0, 36_500, 30, 'days', 'How long ended tasks are kept.'),
    RETENTION_CLEANUP_INTERVAL_SECS: whole(1, DAY_SECS, 3600, 'seconds', 'Interval between two clean-ups.'),
    RETENTION_BATCH_SIZE: whole(1, 100_000, 1000, 'tasks', 'Maximum number of tasks removed in one transaction.'),
    IDEMPOTENCY_KEY_TTL_HOURS: whole(
      1,
      8760,
      24,
      'hours',
      'How long an `Idempotency-Key` of a client is kept with its answer, even without `RETENTION_ENABLED`.',
    ),
  },
};
