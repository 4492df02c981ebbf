import { createHash, timingSafeEqual } from 'node:crypto';

/** The tokens of `AUTH_TOKEN`, of which whoever calls must have one. */
export class AccessTokens {
  private readonly digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.digests = tokens.map(digest);
  }

  /** Whether this is one of them; how long that takes tells neither how much of it is right nor of which one. */
  include(presented: string): boolean {
    const given = digest(presented);
    return this.digests.filter((known) => timingSafeEqual(known, given)).length > 0;
  }
}

/** All of one length, as the comparison needs them, and without the structure of what they stand for. */
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
