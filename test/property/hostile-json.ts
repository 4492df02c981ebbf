const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);

/** JSON texts that values cannot express: lone escapes, numbers beyond doubles, repeated keys. */
export const JSON_TEXTS = [
  ...['null', 'true', 'false', '0', '-0', '1', '-1', '0.5', '1e3', '1E400', '-1e400', '1e-400', '9007199254740993'],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '1' + '0'.repeat(400), '4294967296', '86401', '1001'],
  ...['""', '" "', '"\\t"', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"a\\udfffb"', '"\\u202e"'],
  ...['"1"', '"0"', '"true"', '"null"', '"NaN"', '"Infinity"', '"[]"', '"{}"', '"%"', '"%00"', '"%s%n"', '"\\\\"'],
  ...['"\'; DROP TABLE task; --"', '"$1"', '"${7*7}"', '"__proto__"', '"constructor"', '"toString"', '"../../etc"'],
  ...['"Success"', '"success"', '"Running"', '"Claimed"', '"Webhook"', '"Post"', '"POST"', '"Concurency"'],
  ...['"2026-02-30T00:00:00Z"', '"+275760-09-13T00:00:00.001Z"', '"00000000-0000-0000-0000-000000000000"'],
  ...[
    '"0000-01-01T00:00:00Z"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-12:00"',
    '"1970-01-01T00:00+99:99"',
  ],
  ...[
    '5e-324',
    '1e-300',
    '604801',
    '2592001',
    '["start","start"]',
    '["start",null]',
    '{"max_attempts":100}',
    '{"on":{}}',
  ],
  ...['"http://"', '"http://["', '"http://[::1"', '"http://u:p%zz@h/%"', '"http://a b/"', '"http://1.2.3.4:99999/"'],
  ...['"http://xn--/"', '"javascript:alert(1)"', '"file:///etc/passwd"', '"//h"', '"http:h"', '"HTTP://H\\u0009H/"'],
  ...['"http://0x7f.1/"', '"http://①②⑦.⓪.⓪.①/"', '"http://h/\\r\\nX: y"', '"data:,x"', '"https://h:0/#"', '"\\ufeff"'],
  ...['[]', '[[]]', '[null]', '[{}]', '[1,"a",null]', '[[[[1]]]]', '{}', '{"":""}', '{"0":"a","length":1}'],
  ...['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', '{"a":{"__proto__":null}}', '{"\\u0000":1}'],
  ...['{"toString":1,"valueOf":null,"hasOwnProperty":[]}', '{"then":"x"}', '{"toJSON":1}', '{"a":1,"a":2}'],
  ...['{"\\ud800":1}', '{"$ref":"#"}', '{"kind":"Webhook"}', '{"kind":"Webhook","params":[]}', '{"X":"a\\nb"}'],
  ...[
    nested('[', ']', 63),
    nested('[', ']', 65),
    nested('[', ']', 20_000),
    nested('{"a":', '}', 65).replace('}', '1}'),
  ],
  ...[JSON.stringify('x'.repeat(300)), JSON.stringify('\u{1f600}'.repeat(300)), JSON.stringify('x'.repeat(70_000))],
  ...[
    `[${'0,'.repeat(30_000)}0]`,
    `[${'{},'.repeat(2000)}{}]`,
    `{${[...Array(3000).keys()].map((n) => `"k${n}":0`).join()}}`,
  ],
];

/** Texts that are not JSON. */
export const BROKEN_JSON = [
  ...['', ' ', '{', '[', '[{', '"', '{"a"', '{"a":}', '{"a":1,}', '[1,]', "{'a':1}", '{a:1}', 'undefined', 'NaN', '-'],
  ...['\ufeff{}', '{}{}', '[] x', '//', '/**/{}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":0x1}', '"\t"', '"\\x"'],
  ...[
    '"\\ud8"',
    '"\\u00"',
    '<task/>',
    'a=b&c=d',
    '\0',
    'tru',
    '[1 2]',
    nested('[', '', 100_000),
    nested('{"a":', '', 50_000),
  ],
];

/** Bytes that are not UTF-8, or not text. */
export const BYTES = [
  Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  Buffer.from([0x22, 0xc0, 0x80, 0x22]),
  Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from('[{"id":"a"}]', 'utf16le'),
  Buffer.from('1f8b0800000000000003abae0500bf', 'hex'),
  Buffer.alloc(300, 0),
];
