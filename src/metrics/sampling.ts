/** Interval of the samples of the database's queues, in seconds. */
export const SAMPLE_EVERY_SECS = 15;

/**
 * Queues are counted up to this length, so that the cost of a sample is limited: reading 10,000 rows spread over a table
 * of a million took 13 ms, 100,000 rows took 250 ms.
 */
export const COUNTED_AT_MOST = 10_000;
