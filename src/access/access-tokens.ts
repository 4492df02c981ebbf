import { createHash, timingSafeEqual } from 'node:crypto';

/** The tokens of `AUTH_TOKEN`; a client must present one of them. */
export class AccessTokens {
  private readonly digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.digests = tokens.map(digest);
  }

  /** Returns whether a token is one of them, in a time that does not depend on how much of it is right. */
  include(presented: string): boolean {
    const given = digest(presented);
    return this.digests.filter((known) => timingSafeEqual(known, given)).length > 0;
  }
}

/** Digests have one length, as `timingSafeEqual` requires. */
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
