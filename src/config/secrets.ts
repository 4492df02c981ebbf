/** Tells whether a text can be a token. Shorter ones can be guessed, and not every client can send more than visible ASCII. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]{16,}$/.test(text);

/** Tells whether a text is a secret as in the Standard Webhooks specification: 24 to 64 bytes. */
export function isSigningSecret(text: string): boolean {
  const [, base64] = /^whsec_(.+)$/.exec(text) ?? [];
  const key = Buffer.from(base64 ?? '', 'base64');
  return key.length >= 24 && key.length <= 64 && key.toString('base64') === base64;
}
