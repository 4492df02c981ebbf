import { change } from '../state/router';

interface PagerProps {
  /** From 0. */
  page: number;
  hasNext: boolean;
  /** Total number of pages, if known, e.g. ` of 3`. */
  of?: string;
}

/** Leads to the other pages of a list. */
export function Pager({ page, hasNext, of }: PagerProps) {
  if (page === 0 && !hasNext) return null;
  const turnTo = (next: number) => change({ page: next > 0 ? String(next) : undefined });
  return (
    <nav className="pager" aria-label="Pages">
      <button type="button" disabled={page === 0} onClick={() => turnTo(page - 1)}>
        Previous
      </button>
      <span aria-live="polite">
        Page {page + 1}
        {of}
      </span>
      <button type="button" disabled={!hasNext} onClick={() => turnTo(page + 1)}>
        Next
      </button>
    </nav>
  );
}
