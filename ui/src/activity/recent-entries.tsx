import { withQuery } from '../api/client';
import type { AuditEntry } from '../api/types';
import { PageLink } from '../parts/link';
import { Time } from '../parts/time';
import { SLOW_POLL_MS, useGet } from '../state/queries';
import type { Address } from '../state/router';
import { Actor } from './entry-table';
import { ACTIONS, detailsInWords } from './words';

const MAX_SHOWN = 5;

interface RecentEntriesProps {
  /** Filter of the audit log. */
  of: { task_id: string } | { schedule: string };
  /** The view with all of them. */
  all: Address;
  /** A change loads them at once. */
  version: string;
}

/** Shows who last did what to a task or schedule. Shows nothing if no one did anything. */
export function RecentEntries({ of, all, version }: RecentEntriesProps) {
  const path = withQuery('/audit-log', { ...of, page_size: MAX_SHOWN });
  const { data = [] } = useGet<AuditEntry[]>(path, { everyMs: SLOW_POLL_MS, version });
  if (data.length === 0) return null;
  return (
    <section aria-label="Activity">
      <h3>Activity</h3>
      <ul className="entries">
        {data.map((entry) => (
          <li key={entry.id}>
            <strong>{ACTIONS[entry.action]}</strong> by <Actor actor={entry.actor} />
            <span className="quiet below">
              <Time of={entry.at} />
              {detailsInWords(entry) && `: ${detailsInWords(entry)}`}
            </span>
          </li>
        ))}
      </ul>
      <PageLink to={all}>All activity</PageLink>
    </section>
  );
}
