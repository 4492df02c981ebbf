import { use, useEffect } from 'react';
import { under } from '../api/base';
import { withQuery } from '../api/client';
import type { ScheduleSummary } from '../api/types';
import { Listing } from '../parts/listing';
import { EmptyNotice } from '../parts/notice';
import { useList } from '../state/queries';
import { usePage } from '../state/router';
import { SessionContext } from '../state/session';
import { ScheduleTable } from './schedule-table';

const PAGE_SIZE = 50;

export function SchedulesPage() {
  const page = usePage();
  const list = useList<ScheduleSummary>(withQuery('/schedule', { page, page_size: PAGE_SIZE }));
  useEffect(() => void (document.title = 'Schedules – Hookline'), []);

  return (
    <main>
      <h1>Schedules</h1>
      <Listing what="schedules" list={list} empty={<NoSchedules page={page} />}>
        {(schedules) => <ScheduleTable schedules={schedules} />}
      </Listing>
    </main>
  );
}

const exampleFor = (needsToken: boolean): string => {
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
  const access = needsToken ? ` -H "authorization: Bearer $TOKEN"` : '';
  return `curl -X PUT ${url.href}${access} -H 'content-type: application/json' -d '${body}'`;
};

function NoSchedules({ page }: { page: number }) {
  const session = use(SessionContext);
  if (page > 0) return <EmptyNotice title="No more schedules" />;
  return (
    <EmptyNotice title="No schedules yet">
      <p>A schedule creates a batch at each of its due times. This creates one that is due every night at 2:30:</p>
      <pre tabIndex={0}>{exampleFor(typeof session?.name === 'string')}</pre>
    </EmptyNotice>
  );
}
