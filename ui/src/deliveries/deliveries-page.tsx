import { useEffect, useState } from 'react';
import { send, withQuery } from '../api/client';
import { DELIVERY_STATUSES, type Delivery, type Replayed } from '../api/types';
import { Confirm } from '../parts/confirm';
import { ChoiceFilter } from '../parts/filters';
import { Listing } from '../parts/listing';
import { EmptyNotice } from '../parts/notice';
import { useGet } from '../state/queries';
import { change, useAddress, usePage } from '../state/router';
import { DeliveryTable } from './delivery-table';

const PAGE_SIZE = 50;
/** Maximum number of deliveries that one call replays. */
const REPLAYED_AT_ONCE = 1000;

export function DeliveriesPage() {
  const { task, batch, status } = useAddress();
  const page = usePage();
  const list = useGet<Delivery[]>(
    withQuery('/webhook-deliveries', { status, task_id: task, batch_id: batch, page, page_size: PAGE_SIZE }),
  );
  const [isAsking, setAsking] = useState(false);
  useEffect(() => void (document.title = 'Deliveries – Hookline'), []);

  return (
    <main>
      <h1>Deliveries</h1>
      <div className="filters">
        <ChoiceFilter name="status" label="Status" choices={DELIVERY_STATUSES} />
        {(task || batch) && (
          <button type="button" onClick={() => change({ task: undefined, batch: undefined, page: undefined })}>
            Show all {batch ? 'batches' : 'tasks'}
          </button>
        )}
        <button type="button" onClick={() => setAsking(true)}>
          Replay all exhausted…
        </button>
      </div>
      <Listing
        what="deliveries"
        list={list}
        pageSize={PAGE_SIZE}
        empty={<EmptyNotice title={page > 0 || status ? 'No matching deliveries' : 'No deliveries yet'} />}
      >
        {(deliveries) => <DeliveryTable deliveries={deliveries} />}
      </Listing>
      {isAsking && <ReplayAll taskId={task} onClose={() => setAsking(false)} />}
    </main>
  );
}

interface ReplayAllProps {
  taskId: string | undefined;
  onClose: () => void;
}

function ReplayAll({ taskId, onClose }: ReplayAllProps) {
  const [replayed, setReplayed] = useState(0);
  const replay = async () => {
    const path = withQuery('/webhook-deliveries/replay', { status: 'exhausted', task_id: taskId });
    // Ends with the first partial answer: deliveries that fail again would otherwise be replayed forever.
    for (let last = REPLAYED_AT_ONCE; last >= REPLAYED_AT_ONCE;) {
      last = (await send<Replayed>('POST', path)).replayed;
      setReplayed((before) => before + last);
    }
  };
  return (
    <Confirm title="Replay all exhausted deliveries" action="Replay all" onConfirm={replay} onClose={onClose}>
      <p>
        All exhausted notifications{taskId ? ' of this task' : ''} will be sent again with their idempotency keys, by
        which receivers recognize repetitions.
      </p>
      {replayed > 0 && <p role="status">{replayed} replayed so far.</p>}
    </Confirm>
  );
}
