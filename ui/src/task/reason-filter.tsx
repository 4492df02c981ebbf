import { useMemo } from 'react';
import type { TaskSummary } from '../api/types';
import { change, useAddress } from '../state/router';
import { countReasons, isRootCause } from './reasons';

const MAX_SHOWN = 8;

/** Lists why tasks failed, with their numbers. A reason is also a filter; of one page of a list, it keeps the page. */
export function ReasonFilter({ tasks, isOnePage }: { tasks: readonly TaskSummary[]; isOnePage?: true }) {
  const { reason: chosen, cause } = useAddress();
  const counted = useMemo(() => countReasons(cause ? tasks.filter(isRootCause) : tasks), [tasks, cause]);
  // A reason filters also when its last task is gone.
  const isGone = chosen !== undefined && !counted.some(([reason]) => reason === chosen);
  const reasons = isGone ? [...counted, [chosen, 0] as const] : counted;
  if (reasons.length === 0) return null;
  const shown = reasons.filter(([reason], index) => index < MAX_SHOWN || reason === chosen);
  return (
    <section className="reasons" aria-label="Reasons">
      <ul>
        {shown.map(([reason, count]) => (
          <li key={reason}>
            <button
              type="button"
              aria-pressed={reason === chosen}
              onClick={() =>
                change({ reason: reason === chosen ? undefined : reason, ...(!isOnePage && { page: undefined }) })
              }
            >
              <span className="number">{count} ×</span> {reason}
            </button>
          </li>
        ))}
      </ul>
      {reasons.length > shown.length && <p className="quiet">and {reasons.length - shown.length} more reasons</p>}
    </section>
  );
}
