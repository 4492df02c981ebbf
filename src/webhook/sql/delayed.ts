import { statement } from '../../database/statement';
import { JOIN_COOLDOWN, WAITS_BECAUSE, WAITS_UNTIL } from './cool-down';

export interface DelayedRow {
  key: string;
  until: Date;
  because: string;
}

/** Finds which of these notifications wait for a retry or for the cooldown of their host, the next one first. */
export const delayedNotifications = statement<[keys: string[]], DelayedRow>(
  'outbox-delayed',
  `SELECT o.key, ${WAITS_UNTIL} AS until, ${WAITS_BECAUSE} AS because
   FROM outbox o ${JOIN_COOLDOWN}
   WHERE o.key = ANY ($1) AND NOT o.awaiting_start AND ${WAITS_BECAUSE} IS NOT NULL
   ORDER BY until, o.key`,
);
