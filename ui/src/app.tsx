import { useSyncExternalStore } from 'react';
import { token } from './api/token';
import { BatchPage } from './batch/batch-page';
import { BatchesPage } from './batches/batches-page';
import { DeliveriesPage } from './deliveries/deliveries-page';
import { PageLink } from './parts/link';
import { useQuery } from './state/router';
import { TokenDialog } from './token-dialog';

export function App() {
  const query = useQuery();
  const needsToken = useSyncExternalStore(token.subscribe, token.isMissing);
  const isDeliveries = query.show === 'deliveries';
  return (
    <>
      <header className="top">
        <PageLink to={{}} className="brand">
          Hookline
        </PageLink>
        <nav aria-label="Main">
          <PageLink to={{}} isCurrent={!isDeliveries && !query.batch}>
            Batches
          </PageLink>
          <PageLink to={{ show: 'deliveries' }} isCurrent={isDeliveries}>
            Deliveries
          </PageLink>
        </nav>
      </header>
      {needsToken ? <TokenDialog /> : <Content />}
    </>
  );
}

function Content() {
  const { show, batch } = useQuery();
  if (show === 'deliveries') return <DeliveriesPage />;
  return batch ? <BatchPage key={batch} batchId={batch} /> : <BatchesPage />;
}
