import { useState } from 'react';
import { send, withQuery } from '../api/client';
import type { Replayed } from '../api/types';
import { ActionButton } from '../parts/action-button';
import { Confirm } from '../parts/confirm';
import type { DeliveryFilter } from './delivery-filters';

/** Maximum number of deliveries that one call replays. */
const REPLAYED_AT_ONCE = 1000;

interface ReplayAllProps {
  /** Limits what is replayed. */
  filter: DeliveryFilter;
}

/** Replays all exhausted deliveries that match the filters, after a question. */
export function ReplayAll({ filter }: ReplayAllProps) {
  const [isAsking, setAsking] = useState(false);
  const [replayed, setReplayed] = useState(0);
  const isFiltered = Object.values(filter).some(Boolean);
  const replay = async () => {
    const path = withQuery('/webhook-deliveries/replay', { ...filter, status: 'exhausted' });
    // Ends with the first partial answer: deliveries that fail again would otherwise be replayed forever.
    for (let last = REPLAYED_AT_ONCE; last >= REPLAYED_AT_ONCE;) {
      last = (await send<Replayed>('POST', path)).replayed;
      setReplayed((before) => before + last);
    }
  };
  const ask = () => {
    setReplayed(0);
    setAsking(true);
  };
  return (
    <>
      <ActionButton onClick={ask}>Replay all exhausted…</ActionButton>
      {isAsking && (
        <Confirm
          title="Replay all exhausted deliveries"
          action="Replay all"
          onConfirm={replay}
          onClose={() => setAsking(false)}
        >
          <p>
            All exhausted notifications{isFiltered && ' that match the filters'} will be sent again. Receivers recognize
            repetitions by their idempotency keys.
          </p>
          {replayed > 0 && <p role="status">{replayed} replayed so far.</p>}
        </Confirm>
      )}
    </>
  );
}
