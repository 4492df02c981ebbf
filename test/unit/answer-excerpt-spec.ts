import type { WebhookParams } from '../../src/domain/action';
import { withoutHeaders, withoutQueries, withoutSecretUrls } from '../../src/domain/redaction';
import { secretsOf } from '../../src/webhook/action-secrets';
import { excerptOf } from '../../src/webhook/answer-excerpt';

const DIGEST = 'Digest username="shop", response="s3cret-response"';
const BASE64 = 'Basic c2hv/cDpz/M2NyZXQ=';
const TOKEN = '1.1798761600.AaIDhQV5dy23gZI3CpkvvQ.PvVn0123456789012345678901234567890123456-_';

describe('The beginning of an answer', () => {
  it.each<[what: string, params: Partial<WebhookParams>, answer: string, shown: string | undefined]>([
    ['nothing', { url: 'http://h.test/?key=s3cret-value' }, '', undefined],
    ['a short value, as it may be a word', { headers: { a: 'shop' } }, 'shop', 'shop'],
    ['a header', { headers: { a: DIGEST } }, `Got ${DIGEST}`, 'Got ***'],
    [
      'the token of a header',
      { headers: { a: 'Bearer sk_live_1234' } },
      'Invalid key: sk_live_1234',
      'Invalid key: ***',
    ],
    ['a cookie', { headers: { cookie: 'id=s3cret-cookie; a=b' } }, 'No session s3cret-cookie', 'No session ***'],
    ['a header in JSON', { headers: { a: DIGEST } }, JSON.stringify({ got: DIGEST }), '{"got":"***"}'],
    [
      'a header in JSON with escaped slashes',
      { headers: { a: BASE64 } },
      `"${BASE64.replaceAll('/', '\\/')}"`,
      '"***"',
    ],
    ['a header that contains another', { headers: { a: 'tenant42', b: 'tenant42-s3cret' } }, 'tenant42-s3cret', '***'],
    ['a value of the query', { url: 'http://h.test/?k=s3cret%2Fvalue' }, 's3cret%2Fvalue s3cret/value', '*** ***'],
    ['a parameter without a value', { url: 'http://h.test/?s3cret-bare' }, 's3cret-bare', '***'],
    ['credentials', { url: 'http://s3cret-user:s3cret%40pass@h.test/' }, 's3cret-user, s3cret@pass', '***, ***'],
    ['credentials as they are sent', { url: 'http://u:p@h.test/' }, 'Basic dTpw', '***'],
    ['a path', {}, 'Route POST:/a/x?key=s3&handle=http%3A not found', 'Route POST:/a/x?key=***&handle=*** not found'],
    ['a path in JSON', {}, '"\\/a?b=s3\\/cret\\u0026c=s3" says', '"\\/a?b=***&c=***" says'],
    ['a question', {}, 'And/or? 1/2 a=b', 'And/or? 1/2 a=b'],
    ['a URL', {}, '<a href="https://u:s3@h.test/x?a=s3#s3">', '<a href="https://***@h.test/x?a=***">'],
    ['a handle token', {}, `Unknown: ${TOKEN}`, 'Unknown: ***'],
    ['nested headers', {}, '{"headers":{"a":{"v":["}"]},"b":"s3"},"c":1}', '{"headers":"***","c":1}'],
    [
      'headers twice',
      {},
      '{"headers":{"headers":{}}} {"Headers" : [["a","s3"]]}.',
      '{"headers":"***"} {"headers":"***"}.',
    ],
    ['headers that break off', {}, 'Got {"headers":{"a":{"v":1},"b":"s3\\', 'Got {"headers":"***"'],
    ['headers in a text', {}, '{"text":"{\\"headers\\":{\\"a\\":\\"s3\\"}}"}', '{"text":"{\\"headers":"***"'],
  ])('that repeats %s', (_what, params, answer, shown) => {
    expect(excerptOf(answer, params)).toBe(shown);
  });

  it('is searched in time that grows with its length alone, and for a limited number of secrets', () => {
    // Work that grew with the square of this length would take longer than a test may.
    const many = (part: string) => part.repeat(2_000_000 / part.length);
    for (const part of [
      '"headers":{',
      '"headers',
      '/',
      '/?',
      '\\',
      '\\"',
      '"',
      '{',
      'https://',
      'http:\\/\\/?',
      '?a&',
      ' ',
    ]) {
      const text = many(part);
      expect(withoutQueries(withoutSecretUrls(withoutHeaders(text))).length).toBeLessThanOrEqual(text.length * 2);
    }
    const words = Array.from({ length: 200 }, (_, i) => `s3cret-${i}`).join(' ');
    const headers = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`x-${i}`, words.replaceAll('-', `-${i}-`)]),
    );
    const secrets = secretsOf({ headers });
    expect(secrets).toHaveLength(1000);
    expect(secrets[0]).toBe(headers['x-10']);
  });
});
