import { useEffect } from 'react';
import { RecentEntries } from '../activity/recent-entries';
import { isUnknown } from '../api/client';
import type { Schedule } from '../api/types';
import { Detail } from '../parts/detail';
import { Fact, Json } from '../parts/facts';
import { PageLink } from '../parts/link';
import { secondsOf, Time, Until } from '../parts/time';
import { useGet } from '../state/queries';
import { Firings } from './firings';
import { ScheduleActions } from './schedule-actions';
import { NextDue } from './schedule-table';
import { CATCH_UPS, OVERLAPS } from './words';

/** Shows a schedule with its next due times, last firings and batch. */
export function SchedulePage({ name }: { name: string }) {
  const query = useGet<Schedule>(`/schedule/${encodeURIComponent(name)}`);
  const { data, error } = query;
  useEffect(() => void (document.title = `${name} – Hookline`), [name]);
  return (
    <main className="schedule">
      <div className="page-title">
        <h1>{name}</h1>
        {data && !isUnknown(error) && <ScheduleActions schedule={data} />}
      </div>
      <Detail
        what="the schedule"
        query={query}
        absent="There is no such schedule"
        others={<PageLink to={{ show: 'schedules' }}>All schedules</PageLink>}
      >
        {(schedule) => (
          <>
            <ScheduleFacts schedule={schedule} />
            <NextTimes schedule={schedule} />
            <Firings firings={schedule.last} />
            <PageLink to={{ metadata: JSON.stringify({ schedule: name }) }}>Batches of this schedule</PageLink>
            <RecentEntries
              of={{ schedule: name }}
              all={{ show: 'activity', schedule: name }}
              version={schedule.updated_at}
            />
            <Json title="Batch" value={schedule.batch} />
          </>
        )}
      </Detail>
    </main>
  );
}

function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  const { cron, timezone, overlap, catch_up, starts_at, ends_at, jitter_secs, created_at, updated_at } = schedule;
  return (
    <dl className="facts">
      <Fact name="Cron">
        <code>{cron}</code>
      </Fact>
      <Fact name="Time zone">{timezone}</Fact>
      <Fact name="Next due">
        <NextDue schedule={schedule} />
      </Fact>
      <Fact name="Overlap">{OVERLAPS[overlap].long}</Fact>
      <Fact name="Catch-up">{CATCH_UPS[catch_up]}</Fact>
      {starts_at !== null && (
        <Fact name="Starts">
          <Time of={starts_at} />
        </Fact>
      )}
      {ends_at !== null && (
        <Fact name="Ends">
          <Time of={ends_at} />
        </Fact>
      )}
      {jitter_secs > 0 && <Fact name="Jitter">Up to {secondsOf(jitter_secs)} later</Fact>}
      <Fact name="Created">
        <Time of={created_at} />
      </Fact>
      <Fact name="Updated">
        <Time of={updated_at} />
      </Fact>
    </dl>
  );
}

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function NextTimes({ schedule: { next, timezone } }: { schedule: Schedule }) {
  if (next.length === 0) return null;
  return (
    <section>
      <h2>Next due times</h2>
      <ol className="due-times">
        {next.map((time) => (
          <li key={time}>
            <Time of={time} /> <Until of={time} />
            {timezone !== ownZone && (
              <span className="quiet">
                {inZone(time, timezone)} in {timezone}
              </span>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Returns the time in the time zone of the schedule, or in UTC if the browser does not know the zone. */
function inZone(time: string, timeZone: string): string {
  try {
    return new Date(time).toLocaleString(undefined, { timeZone });
  } catch {
    return new Date(time).toISOString();
  }
}
