import { withQuery } from '../api/client';
import type { Delivery } from '../api/types';
import { PageLink } from '../parts/link';
import { useGet } from '../state/queries';

const MAX_COUNTED = 100;
/** A delivery is exhausted after minutes of attempts. */
const POLL_MS = 20_000;

/** Says how many deliveries of a batch have no attempt left, and links to them. */
export function ExhaustedBadge({ batchId }: { batchId: string }) {
  const { data = [] } = useGet<Delivery[]>(
    withQuery('/webhook-deliveries', { status: 'exhausted', batch_id: batchId, page_size: MAX_COUNTED }),
    { everyMs: POLL_MS },
  );
  if (data.length === 0) return null;
  const count = data.length === MAX_COUNTED ? `${MAX_COUNTED} or more` : data.length;
  return (
    <PageLink to={{ show: 'deliveries', status: 'exhausted', batch: batchId }} className="alarm">
      {count} exhausted {data.length === 1 ? 'delivery' : 'deliveries'}
    </PageLink>
  );
}
