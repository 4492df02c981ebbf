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
  return data ? <ExhaustedLink batchId={batchId} count={data.rows.length} hasMore={data.hasNext} /> : null;
}

/** Links to the exhausted deliveries of a batch and shows their number; shows nothing if there are none. */
export function ExhaustedLink(props: { batchId: string; count: number; hasMore: boolean }) {
  const { batchId, count, hasMore } = props;
  if (count === 0) return null;
  return (
    <PageLink to={{ show: 'deliveries', status: 'exhausted', batch: batchId }} className="alarm">
      {count}
      {hasMore && '+'} exhausted {count === 1 && !hasMore ? 'delivery' : 'deliveries'}
    </PageLink>
  );
}
