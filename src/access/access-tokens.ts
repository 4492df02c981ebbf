import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientToken } from '../config/tokens';

/** The tokens of `AUTH_TOKEN` and `AUTH_TOKEN_READ`; a client must present one of them. */
export class AccessTokens {
  private readonly known: readonly { digest: Buffer; token: ClientToken }[];

  constructor(tokens: readonly ClientToken[]) {
    this.known = tokens.flatMap((token) => token.spellings.map((text) => ({ digest: digest(text), token })));
  }

  /** Returns the token that a text is, if any, in a time that does not depend on how much of it is right. */
  find(presented: string): ClientToken | undefined {
    const given = digest(presented);
    return this.known.filter((each) => timingSafeEqual(each.digest, given))[0]?.token;
  }
}

/** Digests have one length, as `timingSafeEqual` requires. */
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
