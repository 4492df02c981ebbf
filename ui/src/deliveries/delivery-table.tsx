import { useMemo, useState } from 'react';
import { send } from '../api/client';
import type { Delivery } from '../api/types';
import { Confirm } from '../parts/confirm';
import { type Column, DataTable, type Picking } from '../parts/data-table';
import { PageLink } from '../parts/link';
import { Age } from '../parts/time';
import { ReplayPicked } from './replay-picked';

const SIGNS: Record<Delivery['status'], { sign: string; looks: string }> = {
  pending: { sign: '○', looks: 's-Pending' },
  success: { sign: '✓', looks: 's-Success' },
  failure: { sign: '✗', looks: 's-Failure' },
  exhausted: { sign: '✗', looks: 's-Failure' },
};

const PICKING: Picking<Delivery> = {
  nameOf: ({ trigger, idempotency_key }) => `Select ${trigger} ${idempotency_key}`,
  actions: (picked) => <ReplayPicked deliveries={picked} />,
};

interface DeliveryTableProps {
  deliveries: readonly Delivery[];
  /** Omits links to the task. */
  isOfOneTask?: boolean;
}

export function DeliveryTable({ deliveries, isOfOneTask = false }: DeliveryTableProps) {
  const [asked, setAsked] = useState<Delivery>();
  const columns = useMemo(() => columnsFor(isOfOneTask, setAsked), [isOfOneTask]);
  return (
    <>
      <DataTable
        caption="Deliveries, last changed first"
        className="deliveries"
        columns={columns}
        rows={deliveries}
        idOf={({ id }) => id}
        picking={isOfOneTask ? undefined : PICKING}
      />
      {asked && (
        <Confirm
          title="Replay delivery"
          action="Replay delivery"
          onClose={() => setAsked(undefined)}
          onConfirm={() => send('POST', `/webhook-deliveries/${asked.id}/replay`)}
        >
          <p>
            The {asked.trigger.replace('_', ' ')} call will be sent again, with the idempotency key{' '}
            <code>{asked.idempotency_key}</code>, to:
          </p>
          <p className="url">{asked.url}</p>
        </Confirm>
      )}
    </>
  );
}

const columnsFor = (isOfOneTask: boolean, onReplay: (delivery: Delivery) => void): Column<Delivery>[] => [
  {
    label: 'Call',
    cell: ({ trigger, url, idempotency_key, task_id, batch_id }) => {
      const words = trigger.replace('_', ' ');
      return (
        <>
          {isOfOneTask ? words : <PageLink to={{ batch: batch_id, task: task_id ?? undefined }}>{words}</PageLink>}
          <span className="url">{url}</span>
          <span className="id">{idempotency_key}</span>
        </>
      );
    },
  },
  {
    label: 'Status',
    cell: ({ status }) => (
      <span className="badge">
        <span className={`sign ${SIGNS[status].looks}`} aria-hidden="true">
          {SIGNS[status].sign}
        </span>
        {status}
      </span>
    ),
  },
  { label: 'Attempts', className: 'number', cell: ({ attempts }) => attempts },
  {
    label: 'Last answer',
    className: 'wrap',
    cell: ({ last_error, last_status }) => last_error ?? last_status ?? <span className="quiet">None yet</span>,
  },
  { label: 'Updated', cell: ({ updated_at }) => <Age of={updated_at} /> },
  {
    label: 'Actions',
    isUnlabelled: true,
    cell: (delivery) =>
      delivery.status === 'exhausted' && (
        <button type="button" onClick={() => onReplay(delivery)}>
          Replay…
        </button>
      ),
  },
];
