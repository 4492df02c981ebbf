import { newId } from '../../src/database/new-id';

describe('new ids', () => {
  const timeOf = (id: string) => parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

  it('are UUIDs of version 7', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(timeOf(id)).toBeGreaterThanOrEqual(before);
  });

  it('differ and sort in the order in which they were made, also when one millisecond is used up', () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    try {
      const ids = Array.from({ length: 10_000 }, newId);
      expect(ids).toEqual([...new Set(ids)].sort());
    } finally {
      clock.mockRestore();
    }
  });

  it('still sort when the clock is set back', () => {
    const first = newId();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 60_000);
    try {
      expect(newId() > first).toBe(true);
    } finally {
      clock.mockRestore();
    }
  });
});
