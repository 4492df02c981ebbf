import { send } from '../api/client';
import { Confirm } from '../parts/confirm';

interface StopDialogProps {
  batchId: string;
  /** Tasks that have not ended. */
  open: number;
  onChange: () => void;
  onClose: () => void;
}

export function StopDialog({ batchId, open, onChange, onClose }: StopDialogProps) {
  return (
    <Confirm
      title="Stop batch"
      action="Stop batch"
      isDangerous
      onClose={onClose}
      onConfirm={async () => {
        await send('DELETE', `/batch/${batchId}`);
        onChange();
      }}
    >
      <p>
        {open === 1 ? 'The only task that has' : `All ${open} tasks that have`} not ended will be canceled. Receivers
        with a cancel action will be notified. Canceled tasks can be rerun later.
      </p>
    </Confirm>
  );
}
