import type { ScheduleSummary } from '../api/types';
import { type Column, DataTable } from '../parts/data-table';
import { PageLink } from '../parts/link';
import { Time, Until } from '../parts/time';
import { FiringResult } from './firings';
import { ScheduleActions } from './schedule-actions';
import { OVERLAPS } from './words';

const COLUMNS: Column<ScheduleSummary>[] = [
  {
    label: 'Schedule',
    cell: ({ name, cron, timezone }) => (
      <>
        <PageLink to={{ schedule: name }}>{name}</PageLink>
        <span className="id">
          {cron} ({timezone})
        </span>
      </>
    ),
  },
  { label: 'Next due', cell: (schedule) => <NextDue schedule={schedule} /> },
  {
    label: 'Last firing',
    className: 'wrap',
    cell: ({ last_firing }) =>
      last_firing ? <FiringResult firing={last_firing} /> : <span className="quiet">None yet</span>,
  },
  { label: 'Overlap', cell: ({ overlap }) => OVERLAPS[overlap].short },
  {
    label: 'Actions',
    isUnlabelled: true,
    className: 'actions-cell',
    cell: (schedule) => <ScheduleActions schedule={schedule} />,
  },
];

export const ScheduleTable = ({ schedules }: { schedules: readonly ScheduleSummary[] }) => (
  <DataTable
    caption="Schedules by name"
    className="schedules"
    columns={COLUMNS}
    rows={schedules}
    idOf={({ name }) => name}
  />
);

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
