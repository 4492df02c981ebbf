import type { Config } from '../config/config';

/**
 * Returns the last moment at which a call may begin under a lease taken now, in ms as of `performance.now()`. The call
 * then ends before another replica can lease the notification. Must be called before the lease is requested.
 */
export const leasedUntil = ({ delivery }: Config): number =>
  performance.now() + (delivery.leaseSecs - delivery.timeoutSecs) * 1000;
