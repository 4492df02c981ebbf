import { send } from '../api/client';
import { Confirm } from '../parts/confirm';

interface StopDialogProps {
  batchId: string;
  /** Tasks that have not ended. */
  open: number;
  onClose: () => void;
}

export function StopDialog({ batchId, open, onClose }: StopDialogProps) {
  return (
    <Confirm
      title="Stop batch"
      action="Stop batch"
      isDangerous
      onClose={onClose}
      onConfirm={() => send('DELETE', `/batch/${batchId}`)}
    >
      <p>
        {open === 1 ? 'The only task that has' : `All ${open} tasks that have`} not ended will be canceled. Receivers
        with a cancel action will be notified. Canceled tasks can be rerun later.
      </p>
    </Confirm>
  );
}
