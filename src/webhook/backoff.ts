import type { Config } from '../config/config';

/**
 * Seconds until the next attempt: doubled with every failure up to a cap, and jittered over the upper half, so that
 * deliveries that failed together do not come back together.
 * @param failures attempts that have failed so far, at least 1.
 */
export function backoffSecs(failures: number, delivery: Config['delivery']): number {
  const full = Math.min(delivery.backoffCapSecs, delivery.backoffBaseSecs * 2 ** (failures - 1));
  return full * (0.5 + Math.random() / 2);
}
