import { Account } from './access/account';
import { SignInDialog } from './access/sign-in-dialog';
import { ActivityPage } from './activity/activity-page';
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
import { SessionContext, useIsRefused, useSession } from './state/session';
import { LoneTask } from './task/lone-task';

export function App() {
  const { show, batch, schedule, delivery } = useAddress();
  const session = useSession();
  const isRefused = useIsRefused();
  const shown = show === 'activity' ? show : schedule ? 'schedules' : delivery ? 'deliveries' : show;
  const isBatches = !shown && !batch;
  return (
    <SessionContext value={session}>
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
          <PageLink to={{ show: 'activity' }} isCurrent={shown === 'activity'}>
            Activity
          </PageLink>
        </nav>
        <FindBox />
        <FreshnessSign />
        <Account />
      </header>
      <Content />
      {isRefused && <SignInDialog isAgain={session !== undefined} />}
    </SessionContext>
  );
}

function Content() {
  const { show, batch, task, schedule, delivery } = useAddress();
  if (show === 'activity') return <ActivityPage />;
  if (schedule) return <SchedulePage key={schedule} name={schedule} />;
  if (delivery) return <DeliveryPage key={delivery} id={delivery} />;
  if (show === 'schedules') return <SchedulesPage />;
  if (show === 'failures') return <FailuresPage />;
  if (show === 'deliveries') return <DeliveriesPage />;
  if (batch) return <BatchPage key={batch} batchId={batch} />;
  return task ? <LoneTask key={task} id={task} /> : <BatchesPage />;
}
