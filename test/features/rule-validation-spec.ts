import { useService } from '../support/fixture';
import { fieldsOf, refusal, type Problem } from '../support/refusal';
import { task } from '../support/service';

const URL = 'http://receiver.test/start';
const MAX_INT = 2147483647;
const WITHOUT_FIELDS = { kind: 'k', status: 'Running' };
const MATCHER = { ...WITHOUT_FIELDS, fields: ['p'] };

const concurrency = (rest: object) => ({ type: 'Concurrency', matcher: MATCHER, ...rest });
const oldSpelling = (rest: object) => ({ type: 'Concurency', matcher: MATCHER, ...rest });
const capacity = (rest: object) => ({ type: 'Capacity', matcher: MATCHER, ...rest });

describe('Validation of rules', () => {
  let batch: string;
  let there: string;
  const service = useService({ WORKER_ENABLED: '0' });
  beforeAll(async () => {
    ({ batch, there } = await service.create([task('there', URL, { kind: 'there' })]));
  });

  const replace = (rules: unknown) => service.call<Problem>('PATCH', `/batch/${batch}/rules`, { kind: 'there', rules });

  test.each<[field: string, what: string, rule: object]>([
    ['max_concurrency', '0', concurrency({ max_concurrency: 0 })],
    ['max_concurrency', '-1', concurrency({ max_concurrency: -1 })],
    ['max_concurrency', 'a fraction', concurrency({ max_concurrency: 1.5 })],
    ['max_concurrency', 'a text', concurrency({ max_concurrency: '1' })],
    ['max_concurrency', 'more than the largest integer', concurrency({ max_concurrency: MAX_INT + 1 })],
    ['max_concurrency', 'null', concurrency({ max_concurrency: null })],
    ['max_concurrency', 'none', concurrency({})],
    ['max_concurrency', '0 in a rule of the old spelling', oldSpelling({ max_concurrency: 0 })],
    ['max_concurency', '0', oldSpelling({ max_concurency: 0 })],
    ['max_concurency', '0 in a rule of the new spelling', concurrency({ max_concurency: 0 })],
    ['max_concurency', '-1', oldSpelling({ max_concurency: -1 })],
    ['max_concurency', 'none', oldSpelling({})],
    ['max_capacity', '0', capacity({ max_capacity: 0 })],
    ['max_capacity', '-1', capacity({ max_capacity: -1 })],
    ['max_capacity', 'none', capacity({})],
    ['max_capacity', 'only the limit of another type', capacity({ max_concurrency: 1 })],
    ['matcher', 'none', concurrency({ max_concurrency: 1, matcher: undefined })],
    ['matcher.fields', 'none', concurrency({ max_concurrency: 1, matcher: WITHOUT_FIELDS })],
    ['matcher.fields', 'none', oldSpelling({ max_concurency: 1, matcher: WITHOUT_FIELDS })],
    ['matcher.fields', 'none', capacity({ max_capacity: 1, matcher: WITHOUT_FIELDS })],
    ['matcher.fields', 'null', concurrency({ max_concurrency: 1, matcher: { ...MATCHER, fields: null } })],
    ['matcher.fields', 'a text', concurrency({ max_concurrency: 1, matcher: { ...MATCHER, fields: 'p' } })],
    ['matcher.fields', 'a number', concurrency({ max_concurrency: 1, matcher: { ...MATCHER, fields: [1] } })],
    ['matcher.status', 'another case', concurrency({ max_concurrency: 1, matcher: { ...MATCHER, status: 'running' } })],
  ])('refuses for %s %s: %j', async (field, _, rule) => {
    const created = await refusal(service, [task('a', URL, { expected_count: 1, rules: [rule] })]);
    expect(fieldsOf(created)).toEqual([`tasks[0].rules[0].${field}`]);
    const { status, body } = await replace([rule]);
    expect([status, fieldsOf(body.details)]).toEqual([400, [`rules[0].${field}`]]);
    expect((await service.task(there)).rules).toEqual([]);
  });

  test('refuses a deduplication matcher without fields', async () => {
    const strategies = [WITHOUT_FIELDS, { ...MATCHER, fields: null }, { ...MATCHER, fields: 'p' }];
    const tasks = strategies.map((entry, i) => task(`${i}`, URL, { dedupe_strategy: [MATCHER, entry] }));
    expect(fieldsOf(await refusal(service, tasks))).toEqual(
      strategies.map((_entry, i) => `tasks[${i}].dedupe_strategy[1].fields`),
    );
  });

  test('accepts limits from 1 and empty fields, and returns every rule in the spelling it was sent in', async () => {
    const rules = [
      concurrency({ max_concurrency: 1 }),
      concurrency({ max_concurency: MAX_INT }),
      oldSpelling({ max_concurency: 1 }),
      oldSpelling({ max_concurrency: 2 }),
      capacity({ max_capacity: 1, matcher: { ...MATCHER, fields: [] } }),
    ];
    const { batch, a } = await service.create([task('a', URL, { kind: 'own', expected_count: 1, rules })]);
    expect((await service.task(a)).rules).toEqual(rules);
    const reversed = [...rules].reverse();
    await service.call('PATCH', `/batch/${batch}/rules`, { kind: 'own', rules: reversed });
    expect((await service.task(a)).rules).toEqual(reversed);
  });
});
