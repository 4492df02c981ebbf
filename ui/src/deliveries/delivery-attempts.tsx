import type { DeliveryAttempt } from '../api/types';
import { type Column, DataTable } from '../parts/data-table';
import { callTimeOf, Time } from '../parts/time';

/** The service keeps this many. */
const MAX_KEPT = 20;

const COLUMNS: Column<DeliveryAttempt>[] = [
  { label: 'Attempt', cell: ({ attempt }) => attempt },
  { label: 'Started', cell: ({ started_at }) => <Time of={started_at} /> },
  {
    label: 'Duration',
    className: 'number',
    cell: ({ duration_ms }) => (duration_ms === null ? <span className="quiet">–</span> : callTimeOf(duration_ms)),
  },
  {
    label: 'Result',
    className: 'wrap',
    cell: ({ attempt, status, error, answer }) => (
      <>
        {error ?? `Answered ${status}`}
        {answer !== null && (
          <details>
            <summary>Answer</summary>
            <pre tabIndex={0} aria-label={`Answer to attempt ${attempt}`}>
              {answer}
            </pre>
          </details>
        )}
      </>
    ),
  },
];

/** Lists the failed attempts of a delivery, newest first. Shows nothing if there are none. */
export function DeliveryAttempts({ log }: { log: readonly DeliveryAttempt[] }) {
  if (log.length === 0) return null;
  return (
    <section>
      <h2>Failed attempts{log.length === MAX_KEPT && `: the last ${MAX_KEPT}`}</h2>
      <DataTable
        caption="Failed attempts, newest first"
        className="delivery-attempts"
        columns={COLUMNS}
        rows={log.toReversed()}
        idOf={({ started_at, attempt }) => `${started_at} ${attempt}`}
      />
    </section>
  );
}
