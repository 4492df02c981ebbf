import { KindIsolation } from '../../src/rules/kind-isolation';
import { OutOfTime } from '../../src/rules/out-of-time';
import { eventually } from '../support/poll';

describe('Decisions on kinds', () => {
  const items = (...kinds: string[]) => kinds.map((kind) => ({ kind }));
  const kindsIn = (some: { kind: string }[]) => some.map(({ kind }) => kind).join();

  it('are made together, then by kind if that fails; a kind that fails alone rests, and then has more time', async () => {
    let late = 0;
    const decisions = new KindIsolation(() => late++);
    const tried: string[] = [];
    const budgets: number[] = [];
    const work = (some: { kind: string }[], budgetMs: number) => {
      tried.push(kindsIn(some));
      if (!some.some(({ kind }) => kind === 'slow')) return Promise.resolve(true);
      budgets.push(budgetMs);
      return Promise.reject(new OutOfTime('Slow'));
    };
    expect(await decisions.decide(items('a', 'slow', 'b'), work)).toBe(false);
    await decisions.idle();
    expect({ tried, late, excluded: decisions.excludedKinds }).toEqual({
      tried: ['a,slow,b', 'a', 'slow', 'b'],
      late: 3,
      excluded: ['slow'],
    });
    expect(decisions.cooldownMs).toBeGreaterThan(0);
    for (let round = 0; round < 2; round++) {
      await eventually(() => expect(decisions.excludedKinds).toEqual([]));
      // The slow kind is known by now, so others are decided on without it.
      expect(await decisions.decide(items('a', 'slow'), work)).toBe(true);
      await decisions.idle();
    }
    expect(tried.slice(4).sort()).toEqual(['a', 'a', 'slow', 'slow']);
    expect(budgets).toEqual([500, 500, 1000, 2000]);
  });

  it('that take long are not waited for, and their kinds are isolated until they are made', async () => {
    let late = 0;
    const decisions = new KindIsolation(() => late++);
    let end: (more: boolean) => void = () => undefined;
    const work = () => new Promise<boolean>((resolve) => (end = resolve));
    expect(await decisions.decide(items('long'), work)).toBe(false);
    expect({ late, excluded: decisions.excludedKinds }).toEqual({ late: 0, excluded: ['long'] });
    end(true);
    await decisions.idle();
    await eventually(() => expect({ late, excluded: decisions.excludedKinds }).toEqual({ late: 1, excluded: [] }));
  });
});
