import { useState } from 'react';
import { send } from '../api/client';
import type { Delivery, DeliveryStatus } from '../api/types';
import { Confirm } from '../parts/confirm';
import { PageLink } from '../parts/link';
import { Age } from '../parts/time';

const SIGNS: Record<DeliveryStatus, { sign: string; looks: string }> = {
  pending: { sign: '○', looks: 's-Pending' },
  success: { sign: '✓', looks: 's-Success' },
  failure: { sign: '✗', looks: 's-Failure' },
  exhausted: { sign: '✗', looks: 's-Failure' },
};

interface DeliveryTableProps {
  deliveries: readonly Delivery[];
  /** Of one task: who it is about goes without saying. */
  isOfOneTask?: boolean;
  onChange: () => void;
}

export function DeliveryTable({ deliveries, isOfOneTask = false, onChange }: DeliveryTableProps) {
  const [asked, setAsked] = useState<Delivery>();
  return (
    <>
      <table className="rows deliveries">
        <caption className="hidden">Calls to receivers, last changed first</caption>
        <thead>
          <tr>
            <th scope="col">Call</th>
            <th scope="col">State</th>
            <th scope="col">Attempts</th>
            <th scope="col">Last answer</th>
            <th scope="col">Changed</th>
            <th scope="col">
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} isOfOneTask={isOfOneTask} onReplay={setAsked} />
          ))}
        </tbody>
      </table>
      {asked && (
        <Confirm
          title="Replay this delivery"
          action="Replay it"
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            await send('POST', `/webhook-deliveries/${asked.id}/replay`);
            onChange();
          }}
        >
          <p>
            The {asked.trigger} call is sent again with the key <code>{asked.idempotency_key}</code> to
          </p>
          <p className="url">{asked.url}</p>
        </Confirm>
      )}
    </>
  );
}

interface DeliveryRowProps {
  delivery: Delivery;
  isOfOneTask: boolean;
  onReplay: (delivery: Delivery) => void;
}

function DeliveryRow({ delivery, isOfOneTask, onReplay }: DeliveryRowProps) {
  const { trigger, url, idempotency_key, task_id, batch_id, status, attempts, last_status, last_error, updated_at } =
    delivery;
  const { sign, looks } = SIGNS[status];
  return (
    <tr>
      <th scope="row">
        {isOfOneTask ? (
          trigger
        ) : (
          <PageLink to={{ batch: batch_id, task: task_id ?? undefined }}>{trigger.replace('_', ' ')}</PageLink>
        )}
        <span className="url">{url}</span>
        <span className="id">{idempotency_key}</span>
      </th>
      <td data-label="State">
        <span className="badge">
          <span className={`sign ${looks}`} aria-hidden="true">
            {sign}
          </span>
          {status}
        </span>
      </td>
      <td data-label="Attempts" className="number">
        {attempts}
      </td>
      <td data-label="Last answer" className="wrap">
        {last_error ?? last_status ?? <span className="quiet">none yet</span>}
      </td>
      <td data-label="Changed">
        <Age of={updated_at} />
      </td>
      <td>
        {status === 'exhausted' && (
          <button type="button" onClick={() => onReplay(delivery)}>
            Replay…
          </button>
        )}
      </td>
    </tr>
  );
}
