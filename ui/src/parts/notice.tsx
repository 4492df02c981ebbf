import type { ReactNode } from 'react';
import { detailsOf, sentenceOf } from '../api/client';

const MAX_DETAILS = 20;

/** Shows an error with the service's message. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const details = detailsOf(error);
  return (
    <div className="notice error" role="alert">
      <p>{sentenceOf(error)}</p>
      {details.length > 0 && (
        <ul>
          {details.slice(0, MAX_DETAILS).map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Says why there is nothing to show, and what to do. */
export function EmptyNotice({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="notice empty">
      <p className="notice-title">{title}</p>
      {children}
    </div>
  );
}

export const Loading = ({ what }: { what: string }) => (
  <p className="notice quiet" role="status">
    Loading {what}…
  </p>
);
