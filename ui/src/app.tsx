import { useSyncExternalStore } from 'react';
import { token } from './api/token';
import { BatchPage } from './batch/batch-page';
import { BatchesPage } from './batches/batches-page';
import { DeliveriesPage } from './deliveries/deliveries-page';
import { DeliveryPage } from './deliveries/delivery-page';
import { FreshnessSign } from './parts/freshness-sign';
import { FailuresPage } from './failures/failures-page';
import { FindBox } from './find/find-box';
import { PageLink } from './parts/link';
import { SchedulePage } from './schedules/schedule-page';
import { SchedulesPage } from './schedules/schedules-page';
import { useAddress } from './state/router';
import { LoneTask } from './task/lone-task';
import { TokenDialog } from './token-dialog';

export function App() {
  const { show, batch, schedule, delivery } = useAddress();
  const needsToken = useSyncExternalStore(token.subscribe, token.isMissing);
  const shown = schedule ? 'schedules' : delivery ? 'deliveries' : show;
  const isBatches = !shown && !batch;
  return (
    <>
      <header className="top">
        <PageLink to={{}} className="brand">
          Hookline
        </PageLink>
        <nav aria-label="Main">
          <PageLink to={{}} isCurrent={isBatches}>
            Batches
          </PageLink>
          <PageLink to={{ show: 'failures' }} isCurrent={shown === 'failures'}>
            Failures
          </PageLink>
          <PageLink to={{ show: 'schedules' }} isCurrent={shown === 'schedules'}>
            Schedules
          </PageLink>
          <PageLink to={{ show: 'deliveries' }} isCurrent={shown === 'deliveries'}>
            Deliveries
          </PageLink>
        </nav>
        <FindBox />
        <FreshnessSign />
      </header>
      {needsToken ? <TokenDialog /> : <Content />}
    </>
  );
}

function Content() {
  const { show, batch, task, schedule, delivery } = useAddress();
  if (schedule) return <SchedulePage key={schedule} name={schedule} />;
  if (delivery) return <DeliveryPage key={delivery} id={delivery} />;
  if (show === 'schedules') return <SchedulesPage />;
  if (show === 'failures') return <FailuresPage />;
  if (show === 'deliveries') return <DeliveriesPage />;
  if (batch) return <BatchPage key={batch} batchId={batch} />;
  return task ? <LoneTask key={task} id={task} /> : <BatchesPage />;
}
