/** How an attempt may fail, as a retry policy names it: refused start, silence, reported failure. */
export const RETRY_ON = ['start', 'timeout', 'failure'] as const;
export type RetryOn = (typeof RETRY_ON)[number];

/** When a failed attempt is followed by another, and after which pause. All defaults are filled in. */
export interface RetryPolicy {
  /** Attempts in all. */
  max_attempts: number;
  /** Seconds before the second attempt. */
  delay_secs: number;
  /** Growth of the pause from attempt to attempt. */
  factor: number;
  /** The longest pause in seconds. */
  max_delay_secs: number;
  /** The share of the pause that is random. */
  jitter: number;
  /** Failures that are retried. */
  on: RetryOn[];
}
