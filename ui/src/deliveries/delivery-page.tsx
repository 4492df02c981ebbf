import { useEffect } from 'react';
import type { DeliveryDetail, Task } from '../api/types';
import { Detail } from '../parts/detail';
import { Fact } from '../parts/facts';
import { PageLink } from '../parts/link';
import { Time } from '../parts/time';
import { useGet } from '../state/queries';
import { go } from '../state/router';
import { DeliveryAttempts } from './delivery-attempts';
import { DeliveryRequest, LastAnswer } from './delivery-exchange';
import { DeliveryStatus } from './delivery-status';
import { DeliveryWait } from './delivery-wait';
import { ReplayOne } from './replay-one';
import { CALLS } from './words';

/** Shows a delivery: what was asked and answered, its attempts, and what it waits for. */
export function DeliveryPage({ id }: { id: string }) {
  const query = useGet<DeliveryDetail>(`/webhook-deliveries/${encodeURIComponent(id)}`);
  const { data } = query;
  const title = data ? CALLS[data.trigger] : 'Delivery';
  useEffect(() => void (document.title = `${title} – Hookline`), [title]);
  const shown = data?.id ?? id;
  useEffect(() => {
    // A start call gets an id of its own when it ends: a link must not lead to later calls of the task.
    if (shown !== id) go({ delivery: shown }, 'replace');
  }, [shown, id]);
  return (
    <main className="delivery">
      <div className="page-title">
        <h1>{title}</h1>
        {data && (
          <span role="status">
            <DeliveryStatus status={data.status} />
          </span>
        )}
        <span className="id">{shown}</span>
        <div className="buttons">{data && <ReplayOne delivery={data} />}</div>
      </div>
      <Detail
        what="the delivery"
        query={query}
        absent="Retention may have removed this delivery"
        others={<PageLink to={{ show: 'deliveries' }}>All deliveries</PageLink>}
      >
        {(delivery) => (
          <>
            <DeliveryWait delivery={delivery} />
            <DeliveryFacts delivery={delivery} />
            <div className="exchange">
              <DeliveryRequest request={delivery.request} />
              <LastAnswer delivery={delivery} />
            </div>
            <DeliveryAttempts log={delivery.attempt_log} />
          </>
        )}
      </Detail>
    </main>
  );
}

function DeliveryFacts({ delivery }: { delivery: DeliveryDetail }) {
  const { task_id, batch_id, host, idempotency_key, attempts, created_at, updated_at } = delivery;
  const task = useGet<Task>(task_id && `/task/${task_id}`, { everyMs: false });
  return (
    <dl className="facts">
      {task_id !== null && (
        <Fact name="Task">
          <PageLink to={{ batch: batch_id, task: task_id }}>{task.data?.name ?? task_id}</PageLink>
        </Fact>
      )}
      <Fact name="Batch">
        <PageLink to={{ batch: batch_id }}>{batch_id}</PageLink>
      </Fact>
      {host !== null && (
        <Fact name="Host">
          <PageLink to={{ show: 'deliveries', host }}>{host}</PageLink>
        </Fact>
      )}
      <Fact name="Idempotency key">
        <code>{idempotency_key}</code>
      </Fact>
      <Fact name="Attempts">{attempts}</Fact>
      <Fact name="Queued">
        <Time of={created_at} />
      </Fact>
      <Fact name="Updated">
        <Time of={updated_at} />
      </Fact>
    </dl>
  );
}
