import { type ReactNode, useLayoutEffect, useId, useRef } from 'react';

interface DialogProps {
  title: string;
  /** Absent: it cannot be closed. */
  onClose?: () => void;
  children: ReactNode;
}

/**
 * Shows the browser's modal dialog, which traps the focus, closes with Esc and returns the focus: to its button, or to the
 * panel around it if the button is gone.
 */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    const panel = element?.closest<HTMLElement>('[tabindex]');
    element?.showModal();
    // Before the dialog is removed: one without a document does not return the focus.
    return () => {
      element?.close();
      if (document.activeElement === document.body) panel?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      // A second Esc closes it without asking.
      onClose={onClose ? undefined : ({ currentTarget }) => currentTarget.showModal()}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}
