import { useSyncExternalStore } from 'react';
import { token } from './api/token';
import { BatchPage } from './batch/batch-page';
import { BatchesPage } from './batches/batches-page';
import { DeliveriesPage } from './deliveries/deliveries-page';
import { FreshnessSign } from './parts/freshness-sign';
import { PageLink } from './parts/link';
import { SchedulePage } from './schedules/schedule-page';
import { SchedulesPage } from './schedules/schedules-page';
import { useAddress } from './state/router';
import { TokenDialog } from './token-dialog';

export function App() {
  const { show, batch, schedule } = useAddress();
  const needsToken = useSyncExternalStore(token.subscribe, token.isMissing);
  const shown = schedule ? 'schedules' : show;
  const isBatches = shown !== 'deliveries' && shown !== 'schedules' && !batch;
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
          <PageLink to={{ show: 'schedules' }} isCurrent={shown === 'schedules'}>
            Schedules
          </PageLink>
          <PageLink to={{ show: 'deliveries' }} isCurrent={shown === 'deliveries'}>
            Deliveries
          </PageLink>
        </nav>
        <FreshnessSign />
      </header>
      {needsToken ? <TokenDialog /> : <Content />}
    </>
  );
}

function Content() {
  const { show, batch, schedule } = useAddress();
  if (schedule) return <SchedulePage key={schedule} name={schedule} />;
  if (show === 'schedules') return <SchedulesPage />;
  if (show === 'deliveries') return <DeliveriesPage />;
  return batch ? <BatchPage key={batch} batchId={batch} /> : <BatchesPage />;
}
