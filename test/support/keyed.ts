import type { OutgoingHttpHeaders } from 'node:http';
import { send, type Sent } from './send';
import type { Service } from './service';

/** Sends a creation with an `Idempotency-Key`, or with several. A text is sent as it is. */
export function postKeyed(service: Service, key: string | string[], body: unknown): Promise<Sent> {
  const headers: OutgoingHttpHeaders = { 'content-type': 'application/json', 'idempotency-key': key };
  return send(service.url, 'POST', '/task', headers, typeof body === 'string' ? body : JSON.stringify(body));
}

/** Returns the parts of an answer that the answer to a repetition must have too. */
export const partsOf = ({ status, headers, text }: Sent) => ({
  status,
  text,
  type: headers['content-type'],
  batch: headers['x-batch-id'] as string,
});

export const isReplayed = ({ headers }: Sent): boolean => headers['idempotency-replayed'] === 'true';
