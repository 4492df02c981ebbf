import { type ReactNode, useState } from 'react';
import { Dialog } from './dialog';
import { ErrorNotice } from './notice';

interface ConfirmProps {
  title: string;
  /** Describes what will happen. */
  children: ReactNode;
  /** Label of the button. */
  action: string;
  isDangerous?: boolean;
  /** Performs the action; an error is shown, and the user may try again. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
}

/** Asks for confirmation of an action, and shows its error if it fails. */
export function Confirm({ title, children, action, isDangerous, onConfirm, onClose }: ConfirmProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (fault) {
      setError(fault);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        {children}
        {error !== undefined && <ErrorNotice error={error} />}
        <div className="buttons end">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className={isDangerous ? 'danger' : 'primary'} disabled={isBusy}>
            {isBusy ? 'Working…' : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
