import type { DeliveryDetail } from '../api/types';
import { Fact, Json } from '../parts/facts';
import { callTimeOf } from '../parts/time';

/** The service keeps 1,024 bytes of an answer, without a character that is cut in two. */
const CUT_BYTES = 1021;

/** Shows what was asked. */
export function DeliveryRequest({ request }: Pick<DeliveryDetail, 'request'>) {
  if (!request)
    return (
      <section>
        <h2>Request</h2>
        <p className="quiet">It was removed with its task.</p>
      </section>
    );
  const { verb, url, headers, body } = request;
  const names = Object.entries(headers);
  return (
    <section>
      <h2>Request</h2>
      <pre tabIndex={0} aria-label="Verb, URL and headers">
        {[`${verb.toUpperCase()} ${url}`, ...names.map(([name, value]) => `${name}: ${value}`)].join('\n')}
      </pre>
      {names.length > 0 && <p className="quiet">Values of headers are hidden.</p>}
      <Json title="Body" value={body} />
    </section>
  );
}

/** Shows what the receiver answered last. */
export function LastAnswer({ delivery }: { delivery: DeliveryDetail }) {
  const { status, last_status, last_error, last_duration_ms, last_answer, attempt_log } = delivery;
  const error = status === 'success' ? null : (attempt_log.at(-1)?.error ?? last_error);
  // A delivery that waits for the end of a cooldown has an error before its first attempt.
  const hasEnded = status !== 'pending' || attempt_log.length > 0;
  return (
    <section>
      <h2>Last answer</h2>
      {!hasEnded && <p className="quiet">None yet.</p>}
      {hasEnded && (
        <dl className="facts">
          <Fact name="Result">{error ?? `Answered ${last_status}`}</Fact>
          {last_duration_ms !== null && <Fact name="Duration">{callTimeOf(last_duration_ms)}</Fact>}
        </dl>
      )}
      {last_answer !== null && (
        <pre tabIndex={0} aria-label="Answer">
          {last_answer}
        </pre>
      )}
      {last_answer !== null && new TextEncoder().encode(last_answer).length >= CUT_BYTES && (
        <p className="quiet">Only the first KiB of an answer is kept.</p>
      )}
    </section>
  );
}
