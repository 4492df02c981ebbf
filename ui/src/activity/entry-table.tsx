import { useMemo } from 'react';
import type { AuditEntry } from '../api/types';
import { type Column, DataTable } from '../parts/data-table';
import { PageLink } from '../parts/link';
import { Time } from '../parts/time';
import { ACTIONS, detailsInWords } from './words';

interface EntryTableProps {
  entries: readonly AuditEntry[];
  /** Given for the entries of one batch: returns the name of a task, if it is known. */
  nameOf?: (taskId: string) => string | undefined;
}

/** Shows who did what, when and to what. */
export function EntryTable({ entries, nameOf }: EntryTableProps) {
  const columns = useMemo(() => columnsFor(nameOf), [nameOf]);
  return <DataTable caption="Activity, newest first" columns={columns} rows={entries} idOf={({ id }) => String(id)} />;
}

const columnsFor = (nameOf: EntryTableProps['nameOf']): Column<AuditEntry>[] => [
  {
    label: 'Action',
    cell: (entry) => (
      <>
        <strong>{ACTIONS[entry.action]}</strong>
        <span className="quiet below">{detailsInWords(entry)}</span>
      </>
    ),
  },
  { label: 'Subject', className: 'wrap', cell: (entry) => <Subject entry={entry} nameOf={nameOf} /> },
  { label: 'Who', className: 'wrap', cell: ({ actor }) => <Actor actor={actor} /> },
  { label: 'When', cell: ({ at }) => <Time of={at} /> },
];

/** Links to what an action was on: schedule, task and batch, as far as they are on record. */
function Subject({
  entry: { batch_id, task_id, schedule },
  nameOf,
}: { entry: AuditEntry } & Pick<EntryTableProps, 'nameOf'>) {
  const name = task_id === null ? undefined : nameOf?.(task_id);
  return (
    <ul className="subject">
      {schedule !== null && (
        <li>
          Schedule <PageLink to={{ schedule }}>{schedule}</PageLink>
        </li>
      )}
      {task_id !== null && (
        <li>
          {!name && 'Task '}
          <PageLink to={{ batch: batch_id ?? undefined, task: task_id }} className={name ? undefined : 'id'}>
            {name ?? task_id}
          </PageLink>
        </li>
      )}
      {nameOf && task_id === null && schedule === null && <li className="quiet">Batch</li>}
      {batch_id !== null && !nameOf && (
        <li>
          Batch{' '}
          <PageLink to={{ batch: batch_id }} className="id">
            {batch_id}
          </PageLink>
        </li>
      )}
    </ul>
  );
}

/** Names the token with which something was done. Without tokens, it may have been anyone. */
export function Actor({ actor }: { actor: string | null }) {
  if (actor !== null) return <>{actor}</>;
  return (
    <span className="quiet" title="The service had no AUTH_TOKEN">
      Anyone
    </span>
  );
}
