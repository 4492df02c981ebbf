import type { DeliveryDetail } from '../api/types';
import { exactly, inLocalTime, Until } from '../parts/time';

/** Says what the next attempt waits for, and how long. Shows nothing if none will come. */
export function DeliveryWait({ delivery }: { delivery: DeliveryDetail }) {
  const { waits_for: wait } = delivery;
  if (!wait) return null;
  return (
    <section className="why" aria-label="Why it is pending">
      <p className="why-reason">{reasonOf(delivery, wait)}.</p>
      {wait.until !== null && (
        <p>
          Next attempt <Until of={wait.until} />.
        </p>
      )}
    </section>
  );
}

function reasonOf({ last_error }: DeliveryDetail, { type, until, text }: NonNullable<DeliveryDetail['waits_for']>) {
  if (type !== 'cooldown' || until === null) return inLocalTime(text);
  // The service names the cooldown and its webhook in the error, as that also stands alone.
  const why = last_error?.replace(/^Host cooldown: (?:Webhook )?/, '');
  return `Host in cooldown until ${exactly(until)}${why ? ` (${why})` : ''}`;
}
