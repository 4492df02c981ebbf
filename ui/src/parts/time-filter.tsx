import { change, useAddress } from '../state/router';
import { useClock } from './time';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SPANS: Record<string, { words: string; ms: number }> = {
  '1h': { words: 'Last hour', ms: HOUR_MS },
  '24h': { words: 'Last 24 hours', ms: 24 * HOUR_MS },
  '7d': { words: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
};
const BETWEEN = 'between';

export const TIME_FILTERS = ['time', 'after', 'before'] as const;

/** Returns the range of time in the address as ISO times. A bound that is not set is undefined. */
export function useTimeRange(): { after: string | undefined; before: string | undefined } {
  const { time = '', after, before } = useAddress();
  const span = SPANS[time]?.ms;
  // Whole minutes: the list is not loaded again each second.
  const since = useClock((now) => (span ? Math.floor((now - span) / MINUTE_MS) * MINUTE_MS : undefined));
  if (since !== undefined) return { after: new Date(since).toISOString(), before: undefined };
  return time === BETWEEN ? { after, before } : { after: undefined, before: undefined };
}

/** Filters a list by a range of time: the last hours, or between two times. */
export function TimeFilter({ label }: { label: string }) {
  const { time = '' } = useAddress();
  return (
    <>
      <label>
        {label}
        <select
          value={time}
          onChange={({ target }) =>
            change({ time: target.value, after: undefined, before: undefined, page: undefined }, 'replace')
          }
        >
          <option value="">Any time</option>
          {Object.entries(SPANS).map(([value, { words }]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
          <option value={BETWEEN}>Between…</option>
        </select>
      </label>
      {time === BETWEEN && (
        <>
          <Bound name="after" label="From" />
          <Bound name="before" label="To" />
        </>
      )}
    </>
  );
}

/** A bound is local for the user, and an instant in the address: a shared link shows the same rows in each time zone. */
function Bound({ name, label }: { name: 'after' | 'before'; label: string }) {
  const set = Date.parse(useAddress()[name] ?? '');
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        value={Number.isNaN(set) ? '' : localOf(set)}
        onChange={({ target }) =>
          change({ [name]: target.value && new Date(target.value).toISOString(), page: undefined }, 'replace')
        }
      />
    </label>
  );
}

/** Returns a time as the browser's input wants it: local, without a zone. */
export const localOf = (time: number): string =>
  new Date(time - new Date(time).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
