import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** Signs calls by the Standard Webhooks specification, with every secret, because receivers may know any of them. */
export class Signer {
  private readonly keys: readonly Buffer[];

  private constructor(secrets: readonly string[]) {
    this.keys = secrets.map((secret) => Buffer.from(secret.slice(PREFIX.length), 'base64'));
  }

  /** Returns undefined if calls are not signed. */
  static of(secrets: readonly string[]): Signer | undefined {
    return secrets.length > 0 ? new Signer(secrets) : undefined;
  }

  /**
   * Returns the headers of an attempt that is made now.
   * @param id equal in all attempts; must not contain a full stop, which separates the signed parts
   * @param body exactly as it is sent
   */
  headersOf(id: string, body = ''): Record<string, string> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const content = `${id}.${timestamp}.${body}`;
    const signatures = this.keys.map((key) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`);
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
  }
}
