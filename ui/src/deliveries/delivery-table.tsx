import type { Delivery } from '../api/types';
import { type Column, DataTable, type Picking } from '../parts/data-table';
import { PageLink } from '../parts/link';
import { Age } from '../parts/time';
import { DeliveryStatus } from './delivery-status';
import { ReplayOne } from './replay-one';
import { ReplayPicked } from './replay-picked';
import { CALLS } from './words';

const PICKING: Picking<Delivery> = {
  nameOf: ({ trigger, idempotency_key }) => `Select ${CALLS[trigger].toLowerCase()} ${idempotency_key}`,
  actions: (picked) => <ReplayPicked deliveries={picked} />,
};

interface DeliveryTableProps {
  deliveries: readonly Delivery[];
  /** Omits links to the task. */
  isOfOneTask?: boolean;
}

export function DeliveryTable({ deliveries, isOfOneTask = false }: DeliveryTableProps) {
  return (
    <DataTable
      caption="Deliveries, last changed first"
      columns={isOfOneTask ? OF_ONE_TASK : COLUMNS}
      rows={deliveries}
      idOf={({ id }) => id}
      picking={isOfOneTask ? undefined : PICKING}
    />
  );
}

const SUBJECT: Column<Delivery> = {
  label: 'Subject',
  cell: ({ task_id, batch_id }) => (
    <PageLink
      to={{ batch: batch_id, task: task_id ?? undefined }}
      label={task_id === null ? `Batch ${batch_id}` : `Task ${task_id}`}
    >
      {task_id === null ? 'Batch' : 'Task'}
    </PageLink>
  ),
};

const OF_ONE_TASK: Column<Delivery>[] = [
  {
    label: 'Call',
    cell: ({ id, trigger, url, idempotency_key }) => (
      <>
        <PageLink to={{ delivery: id }}>{CALLS[trigger]}</PageLink>
        <span className="url">{url}</span>
        <span className="id">{idempotency_key}</span>
      </>
    ),
  },
  { label: 'Status', cell: ({ status }) => <DeliveryStatus status={status} /> },
  { label: 'Attempts', className: 'number', cell: ({ attempts }) => attempts },
  {
    label: 'Last answer',
    className: 'wrap',
    cell: ({ last_error, last_status }) => last_error ?? last_status ?? <span className="quiet">None yet</span>,
  },
  { label: 'Updated', cell: ({ updated_at }) => <Age of={updated_at} /> },
  { label: 'Actions', isUnlabelled: true, cell: (delivery) => <ReplayOne delivery={delivery} /> },
];
const COLUMNS = OF_ONE_TASK.toSpliced(1, 0, SUBJECT);
