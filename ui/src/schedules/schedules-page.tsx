import { useEffect } from 'react';
import { under } from '../api/base';
import { withQuery } from '../api/client';
import { token } from '../api/token';
import type { ScheduleSummary } from '../api/types';
import { EmptyNotice, ErrorNotice, Loading } from '../parts/notice';
import { Pager } from '../parts/pager';
import { change, useQuery } from '../state/router';
import { usePolled } from '../state/use-polled';
import { ScheduleTable } from './schedule-table';

const PAGE_SIZE = 50;
const POLL_MS = 3000;

export function SchedulesPage() {
  const query = useQuery();
  const page = Math.max(0, Number.parseInt(query.page ?? '0', 10) || 0);
  const { data, error, isCurrent, reload } = usePolled<ScheduleSummary[]>(
    withQuery('/schedule', { page, page_size: PAGE_SIZE }),
    POLL_MS,
  );
  useEffect(() => void (document.title = 'Schedules – Hookline'), []);

  return (
    <main>
      <h1>Schedules</h1>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {!data && error === undefined && <Loading what="schedules" />}
      {data && (
        <div aria-busy={!isCurrent} className={isCurrent ? undefined : 'stale'}>
          {data.length > 0 ? <ScheduleTable schedules={data} onChange={reload} /> : <NoSchedules page={page} />}
          <Pager
            page={page}
            hasNext={data.length === PAGE_SIZE}
            onPage={(next) => change({ page: next > 0 ? String(next) : undefined })}
          />
        </div>
      )}
    </main>
  );
}

const example = (): string => {
  const url = new URL(under('/schedule/nightly'), window.location.href);
  const batch = [
    {
      id: 'report',
      name: 'Write the report',
      kind: 'report',
      on_start: { kind: 'Webhook', params: { url: 'https://worker.example.com/report', verb: 'Post' } },
    },
  ];
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const body = JSON.stringify({ cron: '30 2 * * *', timezone, batch }, null, 2);
  const access = token.wasGiven() ? ` -H "authorization: Bearer $TOKEN"` : '';
  return `curl -X PUT ${url.href}${access} -H 'content-type: application/json' -d '${body}'`;
};

function NoSchedules({ page }: { page: number }) {
  if (page > 0) return <EmptyNotice title="No more schedules" />;
  return (
    <EmptyNotice title="No schedules yet">
      <p>A schedule creates a batch at each of its due times. This creates one that is due every night at 2:30:</p>
      <pre tabIndex={0}>{example()}</pre>
    </EmptyNotice>
  );
}
