import { withQuery } from '../api/client';
import type { Delivery } from '../api/types';
import { PageLink } from '../parts/link';
import { SLOW_POLL_MS, useList } from '../state/queries';

const MAX_COUNTED = 100;

/** Says how many deliveries of a batch have no attempt left, and links to them. */
export function ExhaustedBadge({ batchId }: { batchId: string }) {
  const { data } = useList<Delivery>(
    withQuery('/webhook-deliveries', { status: 'exhausted', batch_id: batchId, page_size: MAX_COUNTED }),
    { everyMs: SLOW_POLL_MS },
  );
  if (!data || data.rows.length === 0) return null;
  const count = data.rows.length;
  return (
    <PageLink to={{ show: 'deliveries', status: 'exhausted', batch: batchId }} className="alarm">
      {count}
      {data.hasNext && '+'} exhausted {count === 1 && !data.hasNext ? 'delivery' : 'deliveries'}
    </PageLink>
  );
}
