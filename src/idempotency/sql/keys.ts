import { ADVISORY_LOCKS } from '../../database/advisory-locks';
import { lock, statement } from '../../database/statement';

interface KeyRow {
  /** Whether the key was used for the same request. */
  same_request: boolean;
  status: number;
  batch_id: string | null;
  /** Null if the request differs. */
  body: string | null;
}

/**
 * Locks a key until the end of the transaction, unless another one holds it. Keys with equal hashes share a lock, so one
 * of two such requests may be refused, which its client repeats.
 */
export const tryLockKey = lock<[key: string], { locked: boolean }>(
  'idempotency-try-lock-key',
  `SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCKS.idempotencyKey}, hashtext($1)) AS locked`,
);

/** Returns the answer stored with a key that has not expired. */
export const findAnswer = statement<[key: string, requestHash: Buffer, ttlHours: number], KeyRow>(
  'idempotency-find-answer',
  `SELECT request_hash = $2 AS same_request, status, batch_id, CASE WHEN request_hash = $2 THEN body END AS body
   FROM idempotency_key
   WHERE key = $1 AND created_at > now() - make_interval(hours => $3)`,
);

/** Stores an answer. The caller has locked the key, so an older row with this key has expired. */
export const storeAnswer = statement<
  [key: string, requestHash: Buffer, status: number, batchId: string | null, body: string | null]
>(
  'idempotency-store-answer',
  `INSERT INTO idempotency_key (key, request_hash, status, batch_id, body) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (key) DO UPDATE SET
     request_hash = EXCLUDED.request_hash, status = EXCLUDED.status, batch_id = EXCLUDED.batch_id, body = EXCLUDED.body,
     created_at = EXCLUDED.created_at`,
);

/** Removes a chunk of expired keys, oldest first. Skips those that a request is replacing. */
export const removeExpiredKeys = statement<[ttlHours: number, limit: number], { key: string }>(
  'idempotency-remove-expired-keys',
  `WITH expired AS MATERIALIZED (
     SELECT key FROM idempotency_key
     WHERE created_at <= now() - make_interval(hours => $1)
     ORDER BY created_at
     LIMIT $2
     FOR UPDATE SKIP LOCKED
   )
   DELETE FROM idempotency_key k USING expired WHERE k.key = expired.key
   RETURNING k.key`,
);
