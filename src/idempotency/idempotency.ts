import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { Queryable, Tx } from '../database/statement';
import { Conflict, Unprocessable } from '../domain/errors';
import { canonical } from '../domain/matching';
import type { Answer } from './answer';
import { findAnswer, storeAnswer, tryLockKey } from './sql/keys';

const RETRY_SECS = 1;

/** A request that may be repeated. */
export interface KeyedRequest {
  key: string;
  /** Distinguishes requests; those that mean the same have the same hash. */
  hash: Buffer;
}

/**
 * Returns a request with its key.
 * @param endpoint method and path, e.g. `POST /task`.
 * @param body as parsed; the order of its members and the spelling of its numbers do not matter.
 */
export function keyedRequest(key: string, endpoint: string, body: unknown): KeyedRequest {
  const hash = createHash('sha256')
    .update(canonical([endpoint, body]))
    .digest();
  return { key, hash };
}

/** Does the work of each keyed request once, and gives repetitions the first answer. */
@Injectable()
export class Idempotency {
  private readonly ttlHours: number;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) { idempotency }: Config,
  ) {
    this.ttlHours = idempotency.keyTtlHours;
  }

  /**
   * Returns the answer that a request has got already, if any.
   * @throws {Unprocessable} if the key was used for another request.
   */
  async storedAnswer({ key, hash }: KeyedRequest, db: Queryable = this.database): Promise<Answer | undefined> {
    const [found] = await db.run(findAnswer, key, hash, this.ttlHours);
    if (!found) return undefined;
    if (!found.same_request) throw new Unprocessable('The Idempotency-Key was used for another request');
    return { status: found.status, batchId: found.batch_id, body: found.body, replayed: true };
  }

  /**
   * Does the work of a request and stores its answer, in one transaction; or returns the answer of one that was faster.
   * @param work is done within the transaction, and may be repeated.
   * @returns the answer, and the result of the work if it was done now. The caller publishes it.
   * @throws {Conflict} while the same request is in flight.
   * @throws {Unprocessable} if the key was used for another request.
   */
  once<T>(
    request: KeyedRequest,
    work: (tx: Tx) => Promise<T>,
    answerOf: (result: T) => Answer,
  ): Promise<{ answer: Answer; result?: T }> {
    return this.database.transaction(async (tx) => {
      const [{ locked }] = await tx.run(tryLockKey, request.key);
      if (!locked) throw new Conflict('A request with this Idempotency-Key is in flight', {}, RETRY_SECS);
      // A statement after the lock sees the answer of the transaction that held it before.
      const stored = await this.storedAnswer(request, tx);
      if (stored) return { answer: stored };
      const result = await work(tx);
      const answer = answerOf(result);
      tx.defer(storeAnswer, request.key, request.hash, answer.status, answer.batchId, answer.body);
      return { answer, result };
    });
  }
}
