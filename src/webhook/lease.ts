import type { Config } from '../config/config';

/**
 * Until when a call may begin under a lease that is taken now: it must be over before another replica may take it up.
 * By the clock of this process, which is asked before the database is.
 */
export const leasedUntil = ({ delivery }: Config): number =>
  performance.now() + (delivery.leaseSecs - delivery.timeoutSecs) * 1000;
