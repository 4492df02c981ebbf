import { useEffect, useState } from 'react';
import { send, withQuery } from '../api/client';
import { DELIVERY_STATUSES, type Delivery, type Replayed } from '../api/types';
import { Confirm } from '../parts/confirm';
import { EmptyNotice, ErrorNotice, Loading } from '../parts/notice';
import { Pager } from '../parts/pager';
import { change, useQuery } from '../state/router';
import { usePolled } from '../state/use-polled';
import { DeliveryTable } from './delivery-table';

const PAGE_SIZE = 50;
const POLL_MS = 3000;
/** Maximum number of deliveries that one call replays. */
const REPLAYED_AT_ONCE = 1000;

export function DeliveriesPage() {
  const query = useQuery();
  const page = Math.max(0, Number.parseInt(query.page ?? '0', 10) || 0);
  const { data, error, isCurrent, reload } = usePolled<Delivery[]>(
    withQuery('/webhook-deliveries', { status: query.status, task_id: query.task, page, page_size: PAGE_SIZE }),
    POLL_MS,
  );
  const [isAsking, setAsking] = useState(false);
  useEffect(() => void (document.title = 'Deliveries – Hookline'), []);

  return (
    <main>
      <h1>Deliveries</h1>
      <div className="filters">
        <label>
          Status
          <select
            value={query.status ?? ''}
            onChange={({ target }) => change({ status: target.value, page: undefined }, 'replace')}
          >
            <option value="">Any</option>
            {DELIVERY_STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </label>
        {query.task && (
          <button type="button" onClick={() => change({ task: undefined, page: undefined })}>
            Show all tasks
          </button>
        )}
        <button type="button" onClick={() => setAsking(true)}>
          Replay all exhausted…
        </button>
      </div>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {!data && error === undefined && <Loading what="deliveries" />}
      {data && (
        <div aria-busy={!isCurrent} className={isCurrent ? undefined : 'stale'}>
          {data.length > 0 ? (
            <DeliveryTable deliveries={data} onChange={reload} />
          ) : (
            <EmptyNotice title={page > 0 || query.status ? 'No matching deliveries' : 'No deliveries yet'} />
          )}
          <Pager
            page={page}
            hasNext={data.length === PAGE_SIZE}
            onPage={(next) => change({ page: next > 0 ? String(next) : undefined })}
          />
        </div>
      )}
      {isAsking && <ReplayAll taskId={query.task} onDone={reload} onClose={() => setAsking(false)} />}
    </main>
  );
}

interface ReplayAllProps {
  taskId: string | undefined;
  onDone: () => void;
  onClose: () => void;
}

function ReplayAll({ taskId, onDone, onClose }: ReplayAllProps) {
  const [replayed, setReplayed] = useState(0);
  const replay = async () => {
    const path = withQuery('/webhook-deliveries/replay', { status: 'exhausted', task_id: taskId });
    // Ends with the first partial answer: deliveries that fail again would otherwise be replayed forever.
    for (let last = REPLAYED_AT_ONCE; last >= REPLAYED_AT_ONCE;) {
      last = (await send<Replayed>('POST', path)).replayed;
      setReplayed((before) => before + last);
    }
    onDone();
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
