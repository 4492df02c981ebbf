import { DAY_MS, DAY_SECS, onOff, whole } from './forms';

export const worker = {
  title: 'Starting tasks, and timeouts',
  variables: {
    WORKER_ENABLED: onOff(true, 'Start tasks and deliver notifications in this process; 0 serves only the API.'),
    WORKER_LOOP_INTERVAL_MS: whole(1, DAY_MS, 1000, 'milliseconds', 'Longest pause between scans for tasks to start.'),
    WORKER_CLAIM_TIMEOUT_SECS: whole(1, DAY_SECS, 30, 'seconds', 'Age at which a claim of a lost worker is requeued.'),
    WORKER_START_BATCH_SIZE: whole(1, 100_000, 500, 'tasks', 'Maximum number of tasks claimed at once.'),
    WORKER_TIMEOUT_BATCH_SIZE: whole(
      1,
      100_000,
      500,
      'tasks',
      'Maximum number of silent tasks or stale claims handled at once.',
    ),
    WORKER_WEBHOOK_CONCURRENCY: whole(
      1,
      100_000,
      256,
      'calls',
      'Maximum number of start calls in flight; a host may use three quarters of what other hosts leave free.',
    ),
    DEAD_END_CANCEL_ENABLED: onOff(
      true,
      'Cancel tasks that have become pointless because all of their children have ended.',
    ),
  },
};

export const calls = {
  title: 'Calls to receivers',
  about: '[receivers.md](receivers.md) describes the calls.',
  variables: {
    WEBHOOK_DELIVERY_INTERVAL_MS: whole(
      1,
      DAY_MS,
      1000,
      'milliseconds',
      'Longest pause between scans for due notifications.',
    ),
    WEBHOOK_DELIVERY_BATCH_SIZE: whole(1, 100_000, 500, 'notifications', 'Maximum number of leases taken at once.'),
    WEBHOOK_DELIVERY_LEASE_SECS: whole(
      1,
      DAY_SECS,
      60,
      'seconds',
      'Duration of a lease on a notification; its call is aborted before the lease ends.',
    ),
    WEBHOOK_DELIVERY_CONCURRENCY: whole(1, 100_000, 256, 'calls', 'Maximum number of notifications in flight.'),
    WEBHOOK_MAX_ATTEMPTS: whole(1, 1000, 10, 'attempts', 'Attempts after which a notification is exhausted.'),
    WEBHOOK_RETRY_BACKOFF_BASE_SECS: whole(
      0,
      DAY_SECS,
      2,
      'seconds',
      'Delay before the second attempt; it doubles with each further one.',
    ),
    WEBHOOK_RETRY_BACKOFF_CAP_SECS: whole(0, DAY_SECS, 300, 'seconds', 'Longest delay between two attempts.'),
    WEBHOOK_TIMEOUT_SECS: whole(1, DAY_SECS, 10, 'seconds', 'Timeout for the whole exchange of one webhook call.'),
  },
};
