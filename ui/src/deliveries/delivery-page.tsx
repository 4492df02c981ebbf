import { useEffect } from 'react';
import { isUnknown } from '../api/client';
import type { DeliveryDetail, Task } from '../api/types';
import { Fact } from '../parts/facts';
import { PageLink } from '../parts/link';
import { EmptyNotice, ErrorNotice, Loading } from '../parts/notice';
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
  const { data, error, refetch } = useGet<DeliveryDetail>(`/webhook-deliveries/${encodeURIComponent(id)}`);
  const title = data ? CALLS[data.trigger] : 'Delivery';
  useEffect(() => void (document.title = `${title} – Hookline`), [title]);
  const shown = data?.id ?? id;
  useEffect(() => {
    // A start call gets an id of its own when it ends: a link must not lead to later calls of the task.
    if (shown !== id) go({ delivery: shown }, 'replace');
  }, [shown, id]);
  const isAbsent = isUnknown(error);
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
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {isAbsent && (
        <EmptyNotice title="Retention may have removed this delivery">
          <PageLink to={{ show: 'deliveries' }}>All deliveries</PageLink>
        </EmptyNotice>
      )}
      {!data && !error && <Loading what="the delivery" />}
      {data && !isAbsent && (
        <>
          <DeliveryWait delivery={data} />
          <DeliveryFacts delivery={data} />
          <div className="exchange">
            <DeliveryRequest request={data.request} />
            <LastAnswer delivery={data} />
          </div>
          <DeliveryAttempts log={data.attempt_log} />
        </>
      )}
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
