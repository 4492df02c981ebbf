import * as fc from 'fast-check';
import { ExactNumber, readJson, storedLength, writeJson } from '../../src/domain/exact-number';
import { canonical } from '../../src/domain/matching';
import { useConnectedDatabase } from '../support/fixture';

const RUNS = 5000;

const digits = fc.stringMatching(/^\d{0,30}$/);
/** A JSON number of few digits, so that many are equal, or of many. */
const number = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(
      fc.constantFrom('0', '1', '10', '100', '1970670598291982290'),
      digits.map((text) => `1${text}`),
    ),
    fraction: fc.oneof(
      fc.constantFrom('', '.0', '.1', '.10', '.50', '.001'),
      digits.map((text) => `.${text}5`),
    ),
    exponent: fc.oneof(
      fc.constantFrom('', '', 'e0', 'E1', 'e-1', 'e+2', 'e-02', 'e3'),
      fc.integer({ min: -400, max: 400 }).map((n) => `e${n}`),
    ),
  })
  .map(({ sign, whole, fraction, exponent }) => sign + whole + fraction + exponent);
/** Compact JSON with such numbers, and with texts that look like them. */
const { json } = fc.letrec<{ json: string; name: string }>((tie) => ({
  name: fc.constantFrom('a', 'b', '1.10', '\\"1.0', '2'),
  json: fc.oneof(
    { maxDepth: 3 },
    number,
    fc.constantFrom('"1.10"', '"\\\\"', 'null', 'true'),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(tie('name'), tie('json')), { selector: ([name]) => name, maxLength: 3 })
      // JavaScript puts integer names first.
      .map((members) => members.sort(([one], [other]) => Number(other === '2') - Number(one === '2')))
      .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
  ),
}));

describe('A number in JSON', () => {
  const database = useConnectedDatabase();

  it('is written as it was read, wherever it occurs', () => {
    fc.assert(
      fc.property(json, (text) => expect(writeJson(readJson(text))).toBe(text)),
      { numRuns: RUNS },
    );
  });

  it('equals the numbers that PostgreSQL considers equal, and no others', async () => {
    const pairs = fc.sample(fc.tuple(number, number), RUNS);
    const near = fc.sample(number, RUNS).map((text) => [text, String(Number(text))] as const);
    const all = [...pairs, ...near].filter((pair) => pair.every((text) => /\d/.test(text)));
    const { rows } = await database.client.query<{ equal: boolean }>(
      `SELECT one::jsonb = other::jsonb AS equal FROM unnest($1::text[], $2::text[]) AS pair(one, other)`,
      [all.map(([one]) => one), all.map(([, other]) => other)],
    );
    const ours = all.map(([one, other]) => canonical(readJson(one)) === canonical(readJson(other)));
    expect(all.filter((_, n) => ours[n] !== rows[n].equal)).toEqual([]);
    expect(ours).toContain(true);
  });

  it('takes no more bytes in PostgreSQL than estimated', async () => {
    const texts = [...fc.sample(number, RUNS), '1e5000', '-1e-5000', '1.5e5000', '0e9', '0e-9', '12345.678e-3'];
    const { rows } = await database.client.query<{ length: number }>(
      `SELECT octet_length(text::jsonb::text) AS length FROM unnest($1::text[]) AS text`,
      [texts],
    );
    expect(texts.filter((text, n) => storedLength(readJson(text)) < rows[n].length)).toEqual([]);
  });

  it('is refused where PostgreSQL refuses it', async () => {
    const edges = [
      '1e131071',
      '1e131072',
      '-9.9e131071',
      '0.1e131072',
      '1e-16383',
      '1e-16384',
      '0.1e-16382',
      '0e20000',
    ];
    const takes = (text: string) =>
      database.client.query('SELECT $1::jsonb', [text]).then(
        () => true,
        () => false,
      );
    for (const text of edges) {
      const { isStorable } = readJson(text) as ExactNumber;
      if (isStorable) expect([text, await takes(text)]).toEqual([text, true]);
    }
    expect(edges.filter((text) => (readJson(text) as ExactNumber).isStorable)).toContain('1e131071');
  });
});
