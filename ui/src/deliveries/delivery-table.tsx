import { useState } from 'react';
import { send } from '../api/client';
import type { Delivery } from '../api/types';
import { Confirm } from '../parts/confirm';
import { PageLink } from '../parts/link';
import { Age } from '../parts/time';

const SIGNS: Record<Delivery['status'], { sign: string; looks: string }> = {
  pending: { sign: '○', looks: 's-Pending' },
  success: { sign: '✓', looks: 's-Success' },
  failure: { sign: '✗', looks: 's-Failure' },
  exhausted: { sign: '✗', looks: 's-Failure' },
};

interface DeliveryTableProps {
  deliveries: readonly Delivery[];
  /** Omits links to the task. */
  isOfOneTask?: boolean;
  onChange: () => void;
}

export function DeliveryTable({ deliveries, isOfOneTask = false, onChange }: DeliveryTableProps) {
  const [asked, setAsked] = useState<Delivery>();
  return (
    <>
      <table className="rows deliveries">
        <caption className="hidden">Deliveries, last changed first</caption>
        <thead>
          <tr>
            <th scope="col">Call</th>
            <th scope="col">Status</th>
            <th scope="col">Attempts</th>
            <th scope="col">Last answer</th>
            <th scope="col">Updated</th>
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
          title="Replay delivery"
          action="Replay delivery"
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            await send('POST', `/webhook-deliveries/${asked.id}/replay`);
            onChange();
          }}
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
          trigger.replace('_', ' ')
        ) : (
          <PageLink to={{ batch: batch_id, task: task_id ?? undefined }}>{trigger.replace('_', ' ')}</PageLink>
        )}
        <span className="url">{url}</span>
        <span className="id">{idempotency_key}</span>
      </th>
      <td data-label="Status">
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
        {last_error ?? last_status ?? <span className="quiet">None yet</span>}
      </td>
      <td data-label="Updated">
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
