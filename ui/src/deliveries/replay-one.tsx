import { useState } from 'react';
import { send } from '../api/client';
import type { Delivery } from '../api/types';
import { ActionButton } from '../parts/action-button';
import { Confirm } from '../parts/confirm';
import { CALLS } from './words';

/** Sends an exhausted delivery again, after a question. Shows nothing for other deliveries. */
export function ReplayOne({ delivery }: { delivery: Delivery }) {
  const [isAsking, setAsking] = useState(false);
  const { id, status, trigger, idempotency_key, url } = delivery;
  return (
    <>
      {status === 'exhausted' && <ActionButton onClick={() => setAsking(true)}>Replay…</ActionButton>}
      {isAsking && (
        <Confirm
          title="Replay delivery"
          action="Replay delivery"
          onClose={() => setAsking(false)}
          onConfirm={() => send('POST', `/webhook-deliveries/${id}/replay`)}
        >
          <p>
            The {CALLS[trigger].toLowerCase()} will be sent again, with the idempotency key{' '}
            <code>{idempotency_key}</code>, to:
          </p>
          <p className="url">{url}</p>
        </Confirm>
      )}
    </>
  );
}
