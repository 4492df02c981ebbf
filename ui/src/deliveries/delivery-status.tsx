import type { Delivery } from '../api/types';

const SIGNS: Record<Delivery['status'], { sign: string; looks: string }> = {
  pending: { sign: '○', looks: 's-Pending' },
  success: { sign: '✓', looks: 's-Success' },
  failure: { sign: '✗', looks: 's-Failure' },
  exhausted: { sign: '✗', looks: 's-Failure' },
};

export function DeliveryStatus({ status }: Pick<Delivery, 'status'>) {
  const { sign, looks } = SIGNS[status];
  return (
    <span className="badge">
      <span className={`sign ${looks}`} aria-hidden="true">
        {sign}
      </span>
      {status}
    </span>
  );
}
