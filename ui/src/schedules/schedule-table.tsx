import type { ScheduleSummary } from '../api/types';
import { PageLink } from '../parts/link';
import { Time, Until } from '../parts/time';
import { FiringResult } from './firings';
import { ScheduleActions } from './schedule-actions';
import { OVERLAPS } from './words';

interface ScheduleTableProps {
  schedules: readonly ScheduleSummary[];
  onChange: () => void;
}

export function ScheduleTable({ schedules, onChange }: ScheduleTableProps) {
  return (
    <table className="rows schedules">
      <caption className="hidden">Schedules by name</caption>
      <thead>
        <tr>
          <th scope="col">Schedule</th>
          <th scope="col">Next due</th>
          <th scope="col">Last firing</th>
          <th scope="col">Overlap</th>
          <th scope="col">
            <span className="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {schedules.map((schedule) => (
          <tr key={schedule.name}>
            <th scope="row">
              <PageLink to={{ schedule: schedule.name }}>{schedule.name}</PageLink>
              <span className="id">
                {schedule.cron} ({schedule.timezone})
              </span>
            </th>
            <td data-label="Next due">
              <NextDue schedule={schedule} />
            </td>
            <td data-label="Last firing" className="wrap">
              {schedule.last_firing ? (
                <FiringResult firing={schedule.last_firing} />
              ) : (
                <span className="quiet">None yet</span>
              )}
            </td>
            <td data-label="Overlap">{OVERLAPS[schedule.overlap].short}</td>
            <td className="actions-cell">
              <ScheduleActions schedule={schedule} onChange={onChange} onRemoved={onChange} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Shows the next due time, or why there is none. */
export function NextDue({ schedule: { paused, next_due_at } }: { schedule: ScheduleSummary }) {
  if (paused)
    return (
      <span className="badge">
        <span className="sign s-Paused" aria-hidden="true">
          ‖
        </span>
        Paused
      </span>
    );
  if (next_due_at === null) return <span className="quiet">Never again</span>;
  return (
    <>
      <Until of={next_due_at} />
      <span className="quiet below">
        <Time of={next_due_at} />
      </span>
    </>
  );
}
