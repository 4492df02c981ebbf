/** How often the queues in the database are sampled, in seconds. */
export const SAMPLE_EVERY_SECS = 15;

/**
 * A queue that is longer is counted up to here, so that a sample costs the same however much waits: reading 10,000 rows
 * from all over a table of a million took 13 ms, and 100,000 took 250 ms.
 */
export const COUNTED_AT_MOST = 10_000;
