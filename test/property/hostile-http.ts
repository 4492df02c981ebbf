/** Splits a text at its blanks. */
const words = (text: string): string[] => text.trim().split(/\s+/);

/** Content types, some of them invalid. */
export const CONTENT_TYPES = [
  ...['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-16', 'application/json; charset="'],
  ...['application/json;;;=', 'application/json, text/plain', 'application/problem+json', 'application/+json', 'json'],
  ...['text/plain', 'text/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'image/png'],
  ...[
    'multipart/form-data',
    'application/xml',
    '*/*',
    '/',
    ';',
    ' ',
    '',
    '__proto__',
    'constructor',
    `a/${'b'.repeat(2000)}`,
  ],
];

/** Further headers. */
export const HEADERS: [name: string, value: string][] = [
  ['content-encoding', 'gzip'],
  ['content-encoding', 'nonsense'],
  ['accept', 'text/html'],
  ['accept', ';;q=x'],
  ['accept-encoding', '*;q=0'],
  ['expect', 'nonsense'],
  ['range', 'bytes=5-1'],
  ['if-none-match', '*'],
  ['if-modified-since', 'never'],
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', "'; --, ::1"],
  ['x-forwarded-host', 'a b'],
  ['host', '['],
  ['cookie', '%=%;;__proto__=1'],
  ['authorization', 'Basic ='],
  ['upgrade', 'websocket'],
  ['x-long', 'y'.repeat(9000)],
  ['content-type', 'text/plain'],
  ['sec-fetch-site', 'none'],
  ['te', 'trailers, chunked;q=0'],
];

/** Values for a UUID, as written in a path. */
export const PATH_PARTS = [
  ...words(`
    00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff
    %7B00000000-0000-4000-8000-000000000000%7D 0000000000004000800000000000000 00000000000040008000000000000000
    00000000-0000-4000-8000-00000000000 1 00000000-0000-4000-8000-0000000000000
    00000000-0000-4000-8000-000000000000%20 g0000000-0000-4000-8000-000000000000
    00000000-0000-4000-8000-000000000000%00 00000000-0000-4000-8000-000000000000%0A urn:uuid:0 %EF%BC%90 -1 % %zz %2
    %ff %c0%80 %ED%A0%80 %00 %2e%2e%2f .. . %2F %5C a;b=c null * 'or'1'='1 __proto__ constructor pause resume rules
    [object%20Object] ~ $1 {id} %F0%9F%98%80 %25 %2525 :id (.*) 00000000-0000-4000-8000-000000000000/
  `),
  'x'.repeat(500),
  'x'.repeat(12_000),
];

/** Values of query parameters, as written in a URL. */
export const QUERY_VALUES = [
  ...words(`
    0 1 -1 2 999999 1000000 02 1.5 1e3 0x10 %2B1 +1 01 2147483648 -9223372036854775809 NaN Infinity null undefined true a,b % %zz %2 %00
    %ff %c0%80 %ED%A0%80 %25 _ %5C %27 %22 ';-- $1 %F0%9F%98%80 %20 %0D%0A Running running Success,Failure [] {}
    %5B%5D %7B%7D %7B%22a%22:1%7D %7B%22a%22: %22%5Cu0000%22 %22%5Cud800%22 %7B%22__proto__%22:1%7D 1E400
    2026-01-01T00:00:00Z 2026-02-30T00:00:00Z 2026-01-01 0000-00-00T00:00:00Z %2B275760-09-13T00:00:00.001Z
    -271821-04-20T00:00:00Z 99999-01-01T00:00:00Z -000001-01-01T00:00:00Z 0001-01-01T00:00:00Z
    2026-01-01T00:00:00%2B99:99 1767225600000 00000000-0000-0000-0000-000000000000
    %7B00000000-0000-0000-0000-000000000000%7D today Mon,+05+Jan+2026 -infinity
  `),
  '',
  '9'.repeat(400),
  '%5B'.repeat(2000),
  '%7B%22a%22:'.repeat(80) + '1' + '%7D'.repeat(80),
  'x'.repeat(3000),
];

/** Parameters that no endpoint knows. */
export const QUERY_NAMES = [
  ...words(`
    __proto__ constructor toString % %00 limit [] [__proto__]
  `),
  '',
  'x'.repeat(900),
];

/** Suffixes of a parameter's name. */
export const QUERY_SUFFIXES = ['', '', '', '', '', '', '', '', '[]', '[a]', '[__proto__]', '.a', '%5B0%5D'];

export const METHODS = words('GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND LINK PURGE SEARCH');
