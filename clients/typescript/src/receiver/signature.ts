import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const PREFIX = 'whsec_';
const MIN_KEY_BYTES = 24;

/** Returns whether a call with this unparsed body is authentic and recent. */
export type Verify = (headers: IncomingHttpHeaders, body: Buffer) => boolean;

/**
 * Verifies signatures of the Standard Webhooks specification, version 1.
 * @param secrets one of them must have signed; each may be a comma-separated list, as in the service.
 * @param toleranceSecs allowed difference of the clocks, in both directions.
 * @throws {TypeError} if a secret is malformed.
 */
export function verifier(secrets: string | readonly string[], toleranceSecs: number): Verify {
  const keys = [secrets].flat().flatMap((some) => some.split(',').map((secret) => keyOf(secret.trim())));
  if (keys.length === 0) throw new TypeError('At least one secret is needed to verify signatures');
  return (headers, body) => {
    const { id, timestamp, signatures } = signed(headers);
    if (!id || !timestamp || !/^\d+$/.test(timestamp)) return false;
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSecs) return false;
    const expected = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest());
    return signatures.some((given) =>
      expected.some((one) => one.length === given.length && timingSafeEqual(one, given)),
    );
  };
}

function signed(headers: IncomingHttpHeaders) {
  const one = (name: string) => [headers[name]].flat()[0];
  return {
    id: one('webhook-id'),
    timestamp: one('webhook-timestamp'),
    signatures: (one('webhook-signature') ?? '')
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64')),
  };
}

function keyOf(secret: string): Buffer {
  const base64 = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const key = Buffer.from(base64, 'base64');
  if (key.length < MIN_KEY_BYTES)
    throw new TypeError(`A secret must be "${PREFIX}" followed by the base64 of at least ${MIN_KEY_BYTES} bytes`);
  return key;
}
