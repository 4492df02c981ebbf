import { connection, type Freshness } from '../api/freshness';
import { POLL_MS } from '../state/queries';
import { useClock } from './time';

const TITLES: Record<Freshness, string> = {
  connecting: 'Waiting for the first answer',
  live: 'Changes appear as they happen',
  polling: `Changes are loaded every ${POLL_MS / 1000} seconds`,
  stale: 'The service does not answer; retrying. What you see may be outdated',
};
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** Says how fresh the page is: live, polled, or stale since a time. */
export function FreshnessSign() {
  const freshness = useClock((now) => connection.freshness(now));
  const words = useClock((now) => wordsFor(connection.freshness(now)));
  return (
    <span className={`freshness ${freshness}`} role="status" title={TITLES[freshness]}>
      {words}
    </span>
  );
}

function wordsFor(freshness: Freshness): string {
  const heardAt = connection.heardAt();
  if (freshness === 'stale') return heardAt === undefined ? 'No answer' : `Stale since ${CLOCK.format(heardAt)}`;
  if (freshness === 'connecting') return 'Connecting';
  return freshness === 'live' ? 'Live' : `Updates every ${POLL_MS / 1000} s`;
}
