import { statement } from '../../database/statement';
import { JOIN_COOLDOWN, WAITS_BECAUSE, WAITS_UNTIL } from './cool-down';

export interface WaitingRow {
  key: string;
  until: Date;
  because: string;
}

/** Notifications that wait because of what their host has answered, the next one first. */
export const waitingNotifications = statement<[keys: string[]], WaitingRow>(
  'outbox-waiting',
  `SELECT o.key, ${WAITS_UNTIL} AS until, ${WAITS_BECAUSE} AS because
   FROM outbox o ${JOIN_COOLDOWN}
   WHERE o.key = ANY ($1) AND NOT o.awaiting_start AND ${WAITS_BECAUSE} IS NOT NULL
   ORDER BY until, o.key`,
);
