import { useState } from 'react';
import { send } from '../api/client';
import type { Delivery } from '../api/types';
import { ActionButton } from '../parts/action-button';
import { Confirm } from '../parts/confirm';

/** Replays several deliveries, after a question that says how many. */
export function ReplayPicked({ deliveries }: { deliveries: readonly Delivery[] }) {
  const [isAsking, setAsking] = useState(false);
  const exhausted = deliveries.filter(({ status }) => status === 'exhausted');
  const words = `${exhausted.length} ${exhausted.length === 1 ? 'delivery' : 'deliveries'}`;
  return (
    <>
      <ActionButton disabled={exhausted.length === 0} onClick={() => setAsking(true)}>
        Replay {words}…
      </ActionButton>
      {isAsking && (
        <Confirm
          title="Replay deliveries"
          action={`Replay ${words}`}
          onClose={() => setAsking(false)}
          onConfirm={() => send('POST', '/webhook-deliveries/replay', { ids: exhausted.map(({ id }) => id) })}
        >
          <p>{words} will be sent again with the same idempotency keys, by which receivers recognize repetitions.</p>
          {exhausted.length < deliveries.length && (
            <p>{deliveries.length - exhausted.length} of the selected are not exhausted, and stay as they are.</p>
          )}
        </Confirm>
      )}
    </>
  );
}
