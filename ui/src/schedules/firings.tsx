import type { Firing, TaskStatus } from '../api/types';
import { PageLink } from '../parts/link';
import { StatusSign } from '../parts/status';
import { Age, Time } from '../parts/time';

/** Words for the results, and the status of tasks that looks the same. */
const RESULTS: Record<Firing['status'], { alike: TaskStatus; word: string }> = {
  fired: { alike: 'Success', word: 'Fired' },
  skipped: { alike: 'Canceled', word: 'Skipped' },
  failed: { alike: 'Failure', word: 'Failed' },
};

/** Shows the result of a firing, with a link to its batch. */
export function FiringResult({ firing }: { firing: Firing }) {
  const { alike, word } = RESULTS[firing.status];
  return (
    <>
      <span className="badge">
        <StatusSign status={alike} />
        {word}
      </span>
      {firing.batch_id !== null && (
        <>
          {': '}
          <PageLink to={{ batch: firing.batch_id }}>batch</PageLink>
        </>
      )}{' '}
      <span className="firing-age">
        <Age of={firing.fired_at} />
        {firing.manual && ', manual'}
      </span>
      {firing.reason !== null && <span className="quiet below">{firing.reason}</span>}
    </>
  );
}

/** Lists the last firings of a schedule. */
export function Firings({ firings }: { firings: readonly Firing[] }) {
  return (
    <section>
      <h2>Last firings</h2>
      {firings.length === 0 && <p className="quiet">None yet.</p>}
      {firings.length > 0 && (
        <table className="rows firings">
          <caption className="hidden">Last firings, the latest first</caption>
          <thead>
            <tr>
              <th scope="col">Due</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {firings.map((firing) => (
              <tr key={`${firing.due_at} ${firing.fired_at}`}>
                <th scope="row">
                  <Time of={firing.due_at} />
                </th>
                <td className="wrap">
                  <FiringResult firing={firing} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
