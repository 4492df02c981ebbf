import { useState } from 'react';
import { Refusal, send } from '../api/client';
import type { Delivery, Replayed } from '../api/types';
import { ActionButton } from '../parts/action-button';
import { Confirm } from '../parts/confirm';

/** Replays several deliveries, after a question that says how many. */
export function ReplayPicked({ deliveries }: { deliveries: readonly Delivery[] }) {
  /** Those that were selected when the user was asked: they may leave the list meanwhile. */
  const [asked, setAsked] = useState<readonly Delivery[]>();
  const exhausted = (asked ?? deliveries).filter(isExhausted);
  const words = `${exhausted.length} ${exhausted.length === 1 ? 'delivery' : 'deliveries'}`;
  return (
    <>
      {deliveries.length > 0 && (
        <ActionButton disabled={exhausted.length === 0} onClick={() => setAsked(deliveries)}>
          Replay {words}…
        </ActionButton>
      )}
      {asked && (
        <Confirm
          title="Replay deliveries"
          action={`Replay ${words}`}
          onClose={() => setAsked(undefined)}
          onConfirm={() => replay(exhausted)}
        >
          <p>{words} will be sent again. Receivers recognize repetitions by their idempotency keys.</p>
          {exhausted.length < asked.length && (
            <p>Not exhausted and left unchanged: {asked.length - exhausted.length}.</p>
          )}
        </Confirm>
      )}
    </>
  );
}

const isExhausted = ({ status }: Delivery): boolean => status === 'exhausted';

/** @throws {Refusal} if some of them were no longer exhausted. */
async function replay(deliveries: readonly Delivery[]): Promise<void> {
  const ids = deliveries.map(({ id }) => id);
  const { replayed } = await send<Replayed>('POST', '/webhook-deliveries/replay', { ids });
  if (replayed < ids.length)
    throw new Refusal(0, `${replayed} of ${ids.length} replayed. The others were no longer exhausted`);
}
