import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { queries } from '../state/queries';
import { Dialog } from './dialog';
import { ErrorNotice } from './notice';

interface ConfirmProps {
  title: string;
  /** Describes what will happen. */
  children: ReactNode;
  /** Label of the button. */
  action: string;
  isDangerous?: boolean;
  /** Performs the action; an error is shown, and the user may try again. The page loads its data again after it. */
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks for confirmation of an action, and shows its error if it fails. */
export function Confirm({ title, children, action, isDangerous, onConfirm, onClose }: ConfirmProps) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: onConfirm,
    onSuccess: onClose,
    // Also an action that was refused may have changed something, or the page was outdated.
    onSettled: () => void queries.invalidateQueries(),
  });
  return (
    // While the action works, the dialog stays: it is where an error would appear.
    <Dialog title={title} onClose={isPending ? undefined : onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        {children}
        {error && <ErrorNotice error={error} />}
        <div className="buttons end">
          <button type="button" disabled={isPending} onClick={onClose}>
            Close
          </button>
          <button type="submit" className={isDangerous ? 'danger' : 'primary'} disabled={isPending}>
            {isPending ? 'Working…' : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
