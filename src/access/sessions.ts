import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config';
import type { Client, ClientToken } from '../config/tokens';

/** Input to the key derivation; other purposes get unrelated keys. */
const PURPOSE = 'hookline session v1';
const KEY_BYTES = 32;
const LIFETIME_SECS = 12 * 3600;
const COOKIE = 'hookline_session';
const FORM = /^(\d{1,12})\.[\w-]{43}$/;
/** A browser may send one for each path of the host; each that has not expired costs a computation. */
const MAX_COOKIES = 16;

/**
 * Issues and checks the cookies of people who signed in at the page. Nothing is stored, so every replica accepts them. A
 * cookie is `{expiry}.{signature}`, with the expiry in seconds since 1970, signed with a key that is derived from the token.
 * It does not reveal the token, and is void once the token is no longer configured.
 */
export class Sessions {
  private readonly keys: readonly { client: ClientToken; key: Buffer }[];

  constructor(
    tokens: readonly ClientToken[],
    private readonly scope: CookieScope,
  ) {
    this.keys = tokens.map((client) => ({
      client,
      key: Buffer.from(hkdfSync('sha256', client.spellings[0], '', PURPOSE, KEY_BYTES)),
    }));
  }

  /** Returns the `Set-Cookie` of a new session. It ends with the browser, or after twelve hours. */
  cookieFor(token: ClientToken): string {
    const expiry = String(Math.floor(Date.now() / 1000) + LIFETIME_SECS);
    const { key } = this.keys.find(({ client }) => client === token)!;
    return setCookie(this.scope, `${expiry}.${signature(key, expiry)}`);
  }

  /** Returns the client of a session in the header `Cookie`, if there is a valid one. */
  clientOf(header: string | undefined): Client | undefined {
    if (header === undefined) return undefined;
    const values = header.split(';').flatMap((pair) => {
      const [name, value = ''] = pair.trim().split('=', 2);
      return name === COOKIE && FORM.test(value) && !hasExpired(value) ? [value] : [];
    });
    for (const value of values.slice(0, MAX_COOKIES)) {
      const client = this.clientOfValue(value);
      if (client) return client;
    }
    return undefined;
  }

  private clientOfValue(value: string): Client | undefined {
    const [expiry, presented] = value.split('.');
    // All keys are tried, for constant time.
    return this.keys.filter(({ key }) => isSame(signature(key, expiry), presented))[0]?.client;
  }
}

const hasExpired = (value: string): boolean => Number(value.split('.', 1)[0]) * 1000 <= Date.now();

/** The part of the configuration that says which requests carry the cookie. */
type CookieScope = Pick<Config, 'hostUrl' | 'basePath'>;

/** Returns the `Set-Cookie` that ends a session. */
export const endOfSession = (scope: CookieScope): string => `${setCookie(scope, '')}; Max-Age=0`;

function setCookie({ hostUrl, basePath }: CookieScope, value: string): string {
  const secure = hostUrl.startsWith('https:') ? '; Secure' : '';
  return `${COOKIE}=${value}; Path=${basePath || '/'}; HttpOnly; SameSite=Strict${secure}`;
}

const signature = (key: Buffer, expiry: string): string => createHmac('sha256', key).update(expiry).digest('base64url');

const isSame = (expected: string, presented: string): boolean =>
  timingSafeEqual(Buffer.from(expected), Buffer.from(presented));
