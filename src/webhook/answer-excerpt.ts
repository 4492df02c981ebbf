import { withoutTokens } from '../access/handle-tokens';
import type { WebhookParams } from '../domain/action';
import { REDACTED, withoutHeaders, withoutSecretUrls } from '../domain/redaction';

/** How much of an answer is kept for people to read, in bytes of UTF-8. */
const MAX_BYTES = 1024;
/** How much of it is searched for secrets, in characters. What is removed makes room for what follows. */
const SEARCHED_LENGTH = 8 * 1024;
/** A secret that is cut off would not be recognised. So the last word of the text is removed, if it has at most this many characters. */
const CUT_OFF_LENGTH = 1000;
/** Shorter values of headers are words that answers may contain. */
const MIN_SECRET_LENGTH = 8;

/**
 * Returns the beginning of an answer without what may be secret: values of headers, credentials and queries of URLs, and
 * tokens of handles. U+0000, which PostgreSQL cannot store, is replaced.
 * @param action whose headers the receiver may have repeated
 * @returns undefined if there is nothing to show
 */
export function excerptOf(answer: string, { headers }: Partial<WebhookParams> = {}): string | undefined {
  let text = answer.length <= SEARCHED_LENGTH ? answer : wholeWordsOf(answer.slice(0, SEARCHED_LENGTH));
  for (const name in headers) {
    if (headers[name].length >= MIN_SECRET_LENGTH) text = text.replaceAll(headers[name], REDACTED);
  }
  text = withoutTokens(withoutSecretUrls(withoutHeaders(text))).replaceAll('\0', '\ufffd');
  return cutTo(MAX_BYTES, text) || undefined;
}

const wholeWordsOf = (text: string): string =>
  text.slice(0, -CUT_OFF_LENGTH) + text.slice(-CUT_OFF_LENGTH).replace(/\S+$/, '');

/** Cuts a text to some bytes of UTF-8, between two characters. */
function cutTo(bytes: number, text: string): string {
  const buffer = Buffer.from(text);
  return buffer.length <= bytes ? text : new TextDecoder().decode(buffer.subarray(0, bytes), { stream: true });
}
