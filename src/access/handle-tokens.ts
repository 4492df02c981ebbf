import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config';

/** Input to the key derivation; other purposes get unrelated keys. */
const PURPOSE = 'hookline handle token v1';
const KEY_BYTES = 32;
const FORM = /^(r?(\d{1,6})\.\d{1,12})\.([\w-]{43})$/;
/** Prefix of read-only tokens. */
const READING = 'r';

/** Operations permitted by a token. */
export type Use = 'report' | 'read';

/** Result of checking a token for a task. */
export type HandleCheck = Use | 'expired' | 'invalid';

/**
 * Issues and checks the tokens in handles. With `AUTH_TOKEN` set, they let a receiver report on its task and nothing else.
 *
 * Nothing is stored. A token is `{attempt}.{expiry}.{signature}`, with the expiry in seconds since 1970; the signature
 * covers the task's id as well. The prefix `r` makes it read-only, for notifications. It is valid only with the
 * attempt that it names. That stays the same when a requeued claim is called again, as the receiver may be working on the
 * first call.
 */
export class HandleTokens {
  private readonly keys: readonly Buffer[];

  private constructor(
    secrets: readonly string[],
    private readonly ttlSecs: number,
  ) {
    this.keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES)));
  }

  /** Returns undefined if no token is configured. */
  static of({ handleSecrets, handleTtlSecs }: Config['access']): HandleTokens | undefined {
    return handleSecrets.length > 0 ? new HandleTokens(handleSecrets, handleTtlSecs) : undefined;
  }

  /** Issues a token for one attempt at a task, valid for `HANDLE_TOKEN_TTL_SECS`. */
  issue(taskId: string, attempt: number, use: Use): string {
    const terms = `${use === 'read' ? READING : ''}${attempt}.${Math.floor(Date.now() / 1000) + this.ttlSecs}`;
    return `${terms}.${signature(this.keys[0], taskId, terms)}`;
  }

  /** Checks a token for an attempt at a task. */
  verify(taskId: string, attempt: number, token: string): HandleCheck {
    const [, terms, of, presented] = FORM.exec(token) ?? [];
    if (!terms || Number(of) !== attempt) return 'invalid';
    // All keys are tried, for constant time. Texts are compared, so that each token has a single valid spelling.
    const isSigned = this.keys.filter((key) => isSame(signature(key, taskId, terms), presented)).length > 0;
    if (!isSigned) return 'invalid';
    if (Number(terms.split('.')[1]) * 1000 <= Date.now()) return 'expired';
    return terms.startsWith(READING) ? 'read' : 'report';
  }
}

const signature = (key: Buffer, taskId: string, terms: string): string =>
  createHmac('sha256', key).update(`${taskId}.${terms}`).digest('base64url');

const isSame = (expected: string, presented: string): boolean =>
  timingSafeEqual(Buffer.from(expected), Buffer.from(presented));
