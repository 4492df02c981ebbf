import { send } from '../api/client';
import { Confirm } from '../parts/confirm';

interface RerunDialogProps {
  batchId: string;
  /** Tasks that failed or were canceled. */
  unsuccessful: number;
  onClose: () => void;
}

export function RerunDialog({ batchId, unsuccessful, onClose }: RerunDialogProps) {
  return (
    <Confirm
      title="Rerun failed tasks"
      action="Rerun tasks"
      onClose={onClose}
      onConfirm={() => send('POST', `/batch/${batchId}/rerun`, {})}
    >
      <p>
        {unsuccessful === 1 ? '1 task that failed or was' : `${unsuccessful} tasks that failed or were`} canceled will
        run again. Tasks that succeeded stay as they are.
      </p>
      <p>If the completion of the batch is notified, it will be notified again.</p>
    </Confirm>
  );
}
