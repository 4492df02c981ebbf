import { statement } from '../../src/database/statement';

describe('The name of a statement', () => {
  const named = (name: string) => statement(name, 'SELECT 1').name;

  it('stays if PostgreSQL keeps all of it', () => {
    const longest = 'x'.repeat(63);
    expect(named(longest)).toBe(longest);
  });

  it('is shortened if it is longer, and differs from names with the same beginning', () => {
    const names = ['a', 'b', 'ab'].map((end) => named('task-list'.repeat(7) + end));
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^(task-list){5}t-[0-9a-f]{16}$/);
    expect(named('task-list'.repeat(7) + 'a')).toBe(names[0]);
  });
});
