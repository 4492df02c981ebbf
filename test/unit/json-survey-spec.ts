import { MAX_VALUES, surveyJson } from '../../src/domain/json-survey';

describe('A survey of a JSON text', () => {
  const numbersIn = (text: string) => {
    const { exact } = surveyJson(text);
    return exact.flatMap((start, n) => (n % 2 === 0 ? [text.slice(start, exact[n + 1])] : []));
  };

  it.each([
    '0',
    '-1',
    '7',
    '1.5',
    '-0.25',
    '9007199254740991',
    '0.000001',
    '123456789012345680000',
    '"1.10"',
    '"\\"1.10"',
  ])('finds nothing to keep in %s, which JavaScript writes unchanged', (text) =>
    expect(numbersIn(`{"a":[${text}]}`)).toEqual([]),
  );

  it.each([
    '-0',
    '1.10',
    '1.0',
    '1e3',
    '1E-7',
    '1970670598291982290',
    '-9007199254740993',
    '0.1000000000000000055',
    '1e400',
  ])('finds %s, which JavaScript would write differently', (number) => {
    expect(numbersIn(`{"1.10":[1,"2.0\\\\",${number}],"a":${number}}`)).toEqual([number, number]);
    expect(numbersIn(number)).toEqual([number]);
  });

  it.each(['', '"', '"\\', '-', '1.2.3', '--', '[', ']]]', '"a', ',,'])('reads invalid JSON to its end: %j', (text) => {
    expect(surveyJson(text)).toMatchObject({ tooDeep: false, tooMany: false });
  });

  it('distinguishes 64 levels from 65, and brackets from texts', () => {
    const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + (levels % 2 ? '[' : '1');
    expect(surveyJson(nested(64)).tooDeep).toBe(false);
    expect(surveyJson(nested(65)).tooDeep).toBe(true);
    expect(surveyJson(JSON.stringify('\\"'.repeat(9) + '['.repeat(100))).tooDeep).toBe(false);
  });

  it('admits the largest request within all limits: 10,000 tasks with 20 dependencies each', () => {
    const dependencies = Array(20).fill({ id: 'x', requires_success: true });
    const params = { url: 'http://h', verb: 'Post', body: { a: 1, b: 2 }, headers: { a: 'b' } };
    const task = { id: 'x', name: 'x', kind: 'x', timeout: 1, metadata: { a: 1, b: 2 }, priority: 1, dependencies };
    const tasks = JSON.stringify({ ...task, on_start: { kind: 'Webhook', params } });
    expect(surveyJson(`[${`${tasks},`.repeat(9_999)}${tasks}]`).tooMany).toBe(false);
    expect(surveyJson(`[${'0,'.repeat(MAX_VALUES)}0]`).tooMany).toBe(true);
  });
});
