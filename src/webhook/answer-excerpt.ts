import { withoutTokens } from '../access/handle-tokens';
import type { WebhookParams } from '../domain/action';
import { REDACTED, withoutHeaders, withoutQueries, withoutSecretUrls } from '../domain/redaction';
import { secretsOf } from './action-secrets';

/** How much of an answer is kept for people to read, in bytes of UTF-8. */
const MAX_BYTES = 1024;
/** How much of it is searched for secrets, in characters. What is removed makes room for what follows. */
const SEARCHED_LENGTH = 8 * 1024;
/**
 * A secret that is cut off would not be recognised. So the last word of the text is removed, if it has at most this many
 * characters.
 */
const CUT_OFF_LENGTH = 1000;

/**
 * Returns the beginning of an answer, readable and at most 1,024 bytes long.
 * @param params of the action, whose secrets the receiver may have repeated
 * @returns undefined if there is nothing to show
 */
export function excerptOf(answer: string, params: Partial<WebhookParams> = {}): string | undefined {
  return answer === '' ? undefined : cutTo(MAX_BYTES, readable(answer, params)) || undefined;
}

/**
 * Returns the beginning of what a receiver said without what may be secret: values of headers, credentials and queries of
 * URLs, and tokens of handles. U+0000, which PostgreSQL cannot store, is replaced.
 * @param params of the action, whose secrets the receiver may have repeated
 */
export function readable(said: string, params: Partial<WebhookParams>): string {
  let text = said.length <= SEARCHED_LENGTH ? said : wholeWordsOf(said.slice(0, SEARCHED_LENGTH));
  for (const secret of secretsOf(params)) text = text.replaceAll(secret, REDACTED);
  return withoutTokens(withoutQueries(withoutSecretUrls(withoutHeaders(text)))).replaceAll('\0', '\ufffd');
}

const wholeWordsOf = (text: string): string =>
  text.slice(0, -CUT_OFF_LENGTH) + text.slice(-CUT_OFF_LENGTH).replace(/\S+$/, '');

/** Cuts a text to some bytes of UTF-8, between two characters. */
function cutTo(bytes: number, text: string): string {
  const buffer = Buffer.from(text);
  return buffer.length <= bytes ? text : new TextDecoder().decode(buffer.subarray(0, bytes), { stream: true });
}
