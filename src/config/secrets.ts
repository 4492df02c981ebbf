/** Shorter ones can be guessed. Others than visible ASCII cannot be sent in a header by every client. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]{16,}$/.test(text);

/** As the Standard Webhooks specification has secrets: 24 to 64 bytes. */
export function isSigningSecret(text: string): boolean {
  const [, base64] = /^whsec_(.+)$/.exec(text) ?? [];
  const key = Buffer.from(base64 ?? '', 'base64');
  return key.length >= 24 && key.length <= 64 && key.toString('base64') === base64;
}
