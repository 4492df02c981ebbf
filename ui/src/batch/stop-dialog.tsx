import { send } from '../api/client';
import type { StopResult } from '../api/types';
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
      title="Stop the batch"
      action="Stop it"
      isDangerous
      onClose={onClose}
      onConfirm={async () => {
        await send<StopResult>('DELETE', `/batch/${batchId}`);
        onChange();
      }}
    >
      <p>
        {open === 1 ? 'The task that has' : `All ${open} tasks that have`} not ended will be canceled. Receivers that
        registered a cancel action are told. This cannot be undone.
      </p>
    </Confirm>
  );
}
