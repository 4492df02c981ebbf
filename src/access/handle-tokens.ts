import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config';
import { REDACTED } from '../domain/redaction';

/** Input to the key derivation; other purposes get unrelated keys. */
const PURPOSE = 'hookline handle token v1';
const KEY_BYTES = 32;
const TOKEN = /(r?(\d{1,6})\.(\d{1,12})(?:\.([\w-]{22}))?)\.([\w-]{43})/g;
const FORM = new RegExp(`^${TOKEN.source}$`);
/** Prefix of read-only tokens. */
const READING = 'r';

/** Operations permitted by a token. */
export type Use = 'report' | 'read';

/** Result of checking a token. */
export type HandleCheck = Use | 'expired' | 'invalid';

/** An attempt at a task, and what a token permits for it. */
export interface HandleGrant {
  taskId: string;
  attempt: number;
  check: HandleCheck;
}

interface Parsed {
  /** What is signed: everything before the signature. */
  terms: string;
  attempt: number;
  /** In seconds since 1970. */
  expiry: number;
  /** Undefined in tokens of earlier versions. */
  taskId: string | undefined;
  signature: string;
}

/**
 * Issues and checks the tokens in handles. With `AUTH_TOKEN` set, they let a receiver report on its task, add tasks to its
 * batch, and nothing else.
 *
 * Nothing is stored. A token is `{attempt}.{expiry}.{task}.{signature}`, with the expiry in seconds since 1970 and the
 * task's id in base64url. The prefix `r` makes it read-only, for notifications. It is valid only with the attempt that it
 * names. That stays the same when a requeued claim is called again, as the receiver may be working on the first call.
 * Earlier versions left the task out; the signature covers its id in both forms.
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
    const expiry = Math.floor(Date.now() / 1000) + this.ttlSecs;
    const terms = `${use === 'read' ? READING : ''}${attempt}.${expiry}.${encoded(taskId)}`;
    return `${terms}.${signature(this.keys[0], taskId, terms)}`;
  }

  /** Checks a token for an attempt at a task. */
  verify(taskId: string, attempt: number, token: string): HandleCheck {
    const parsed = parse(token);
    return parsed?.attempt === attempt ? this.check(taskId, parsed) : 'invalid';
  }

  /** Returns what a token permits for the task that it names; undefined if it is not a token that names a task. */
  grantOf(token: string): HandleGrant | undefined {
    const parsed = parse(token);
    if (parsed?.taskId === undefined) return undefined;
    return { taskId: parsed.taskId, attempt: parsed.attempt, check: this.check(parsed.taskId, parsed) };
  }

  private check(taskId: string, { terms, expiry, signature: presented }: Parsed): HandleCheck {
    // All keys are tried, for constant time. Texts are compared, so that each token has a single valid spelling.
    const isSigned = this.keys.filter((key) => isSame(signature(key, taskId, terms), presented)).length > 0;
    if (!isSigned) return 'invalid';
    if (expiry * 1000 <= Date.now()) return 'expired';
    return terms.startsWith(READING) ? 'read' : 'report';
  }
}

/** Returns a text with its tokens redacted. */
export const withoutTokens = (text: string): string => text.replace(TOKEN, REDACTED);

function parse(token: string): Parsed | undefined {
  const [, terms, attempt, expiry, task, signature] = FORM.exec(token) ?? [];
  if (!terms) return undefined;
  return { terms, attempt: Number(attempt), expiry: Number(expiry), taskId: task && decoded(task), signature };
}

/** Returns the 16 bytes of a UUID in base64url. */
const encoded = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');

const decoded = (task: string): string =>
  Buffer.from(task, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const signature = (key: Buffer, taskId: string, terms: string): string =>
  createHmac('sha256', key).update(`${taskId}.${terms}`).digest('base64url');

const isSame = (expected: string, presented: string): boolean =>
  timingSafeEqual(Buffer.from(expected), Buffer.from(presented));
