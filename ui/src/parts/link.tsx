import type { MouseEvent, ReactNode } from 'react';
import { type Address, go, hrefOf } from '../state/router';

interface LinkProps {
  to: Address;
  className?: string;
  isCurrent?: boolean;
  /** Says more than the content to people who do not see it. */
  label?: string;
  children: ReactNode;
}

/** Links to another view without reloading the page. Like any link, it can be copied or opened in another tab. */
export function PageLink({ to, className, isCurrent, label, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a
      href={hrefOf(to)}
      className={className}
      onClick={follow}
      aria-current={isCurrent ? 'page' : undefined}
      aria-label={label}
    >
      {children}
    </a>
  );
}
