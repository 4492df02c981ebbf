import type { Delivery, TaskStatus } from '../api/types';
import { StatusSign } from '../parts/status';

/** The status of tasks that looks the same. */
const ALIKE: Record<Delivery['status'], TaskStatus> = {
  pending: 'Pending',
  success: 'Success',
  failure: 'Failure',
  exhausted: 'Failure',
};

export function DeliveryStatus({ status }: Pick<Delivery, 'status'>) {
  return (
    <span className="badge">
      <StatusSign status={ALIKE[status]} />
      {status}
    </span>
  );
}
