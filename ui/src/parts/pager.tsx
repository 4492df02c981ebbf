interface PagerProps {
  /** From 0. */
  page: number;
  hasNext: boolean;
  onPage: (page: number) => void;
  /** Total number of pages, if known, e.g. ` of 3`. */
  of?: string;
}

export function Pager({ page, hasNext, onPage, of }: PagerProps) {
  if (page === 0 && !hasNext) return null;
  return (
    <nav className="pager" aria-label="Pages">
      <button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Previous
      </button>
      <span aria-live="polite">
        Page {page + 1}
        {of}
      </span>
      <button type="button" disabled={!hasNext} onClick={() => onPage(page + 1)}>
        Next
      </button>
    </nav>
  );
}
