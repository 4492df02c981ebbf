import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config';

/** The purpose of the keys, and the form of the tokens: keys for another one are unrelated to these. */
const PURPOSE = 'hookline handle token v1';
const KEY_BYTES = 32;
const FORM = /^(r?\d{1,6}\.\d{1,12})\.([\w-]{43})$/;
/** Begins the tokens that are good for reading only. */
const READING = 'r';

/** What a token allows. */
export type Use = 'report' | 'read';

/** What a token is worth for a task. */
export type Verdict = Use | 'expired' | 'invalid';

/**
 * The tokens that handles carry if `AUTH_TOKEN` is set, so that a receiver can report on the task that it was given, and
 * do nothing else. Nothing is stored: `{attempt}.{expiry}.{signature}` says what it is good for, and the signature covers
 * the task's id too. An `r` before it makes it good for reading only: whoever is told of a task does not work on it. The expiry is in seconds since 1970. The attempt is that of the task's start: it stays the same when
 * a lost worker's start is called again, since the receiver may be at work on the first call.
 */
export class HandleTokens {
  private readonly keys: readonly Buffer[];

  private constructor(
    secrets: readonly string[],
    private readonly ttlSecs: number,
  ) {
    this.keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES)));
  }

  /** Undefined when everyone may call, and handles need no token. */
  static of({ handleSecrets, handleTtlSecs }: Config['access']): HandleTokens | undefined {
    return handleSecrets.length > 0 ? new HandleTokens(handleSecrets, handleTtlSecs) : undefined;
  }

  /** A token about one attempt at a task, good for `HANDLE_TOKEN_TTL_SECS` from now. */
  issue(taskId: string, attempt: number, use: Use): string {
    const terms = `${use === 'read' ? READING : ''}${attempt}.${Math.floor(Date.now() / 1000) + this.ttlSecs}`;
    return `${terms}.${signature(this.keys[0], taskId, terms)}`;
  }

  /** What a token that came with a request is worth for the task that the request is about. */
  verify(taskId: string, token: string): Verdict {
    const [, terms, presented] = FORM.exec(token) ?? [];
    if (!terms) return 'invalid';
    // All keys are tried, so that the time tells nothing. Texts are compared: another spelling of the same bytes is none.
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
