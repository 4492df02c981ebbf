import { statement } from '../../database/statement';

/** One start call that was settled. While it is in flight, the claim on the task is its record. */
export interface StartRecord {
  id: string;
  task_id: string;
  batch_id: string;
  key: string;
  url: string;
  status: 'success' | 'failure';
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
}

/** Writes settled start calls into the delivery history. */
export const recordStarts = statement<[rowsJson: string]>(
  'delivery-record-starts',
  `INSERT INTO delivery (id, task_id, batch_id, trigger, key, url, status, attempts, last_status, last_error, created_at)
   SELECT id, task_id, batch_id, 'start', key, url, status, attempts, last_status, last_error, created_at
   FROM json_to_recordset($1::json) AS r(
     id uuid, task_id uuid, batch_id uuid, key text, url text, status delivery_status, attempts int, last_status int,
     last_error text, created_at timestamptz)`,
);
