import type { Delivery } from '../api/types';

/** Names of calls by what triggers them. */
export const CALLS: Record<Delivery['trigger'], string> = {
  start: 'Start call',
  end: 'End call',
  cancel: 'Cancel call',
  batch_complete: 'Batch completion call',
};

/** Every trigger, as the API and the address name it. */
export const TRIGGERS = Object.keys(CALLS);
