import { foldReports, type Report } from '../../src/task/report/fold-reports';

const containing = (fields: object): unknown => expect.objectContaining(fields);

const fold = (...sent: (Omit<Report, 'attempt'> & { attempt?: number })[]) => {
  const reports = sent.map((report) => ({ attempt: 1, ...report }));
  const { folded, late } = foldReports(reports);
  return { tasks: [...folded.values()], late: reports.flatMap((report, i) => (late.has(report) ? [i] : [])) };
};

describe('Reports of a flush', () => {
  test('of different tasks stay separate', () => {
    const { tasks, late } = fold({ id: 'a', ending: 'succeeded' }, { id: 'b', ending: 'failed', reason: 'No' });
    expect(tasks).toEqual([
      { id: 'a', attempt: 1, ending: { ending: 'succeeded', reason: null } },
      { id: 'b', attempt: 1, ending: { ending: 'failed', reason: 'No' } },
    ]);
    expect(late).toEqual([]);
  });

  test('of one task add up', () => {
    const { tasks } = fold(
      { id: 'a', new_success: 1, new_failures: 2 },
      { id: 'a', new_success: 10 },
      { id: 'a', new_failures: 0 },
    );
    expect(tasks).toEqual([{ id: 'a', attempt: 1, fields: containing({ id: 'a', new_success: 11, new_failures: 2 }) }]);
  });

  test('of one task replace earlier values of the fields that they set', () => {
    const { tasks } = fold(
      { id: 'a', metadata: { first: 1 }, priority: 1, expected_count: 1 },
      { id: 'a', metadata: { second: 2 }, priority: 0 },
      { id: 'a', expected_count: 0 },
    );
    expect(tasks[0].fields).toMatchObject({ metadata: { second: 2 }, priority: 0, expected_count: 0 });
  });

  test.each([false, 0, ''])('accept %j as metadata', (metadata) => {
    expect(fold({ id: 'a', metadata: { x: 1 } }, { id: 'a', metadata }).tasks[0].fields!.metadata).toBe(metadata);
  });

  test('of two attempts stay separate', () => {
    const { tasks, late } = fold(
      { id: 'a', ending: 'failed', reason: 'Too late' },
      { id: 'a', attempt: 2, ending: 'succeeded' },
    );
    expect(tasks.map(({ attempt, ending }) => [attempt, ending?.ending])).toEqual([
      [1, 'failed'],
      [2, 'succeeded'],
    ]);
    expect(late).toEqual([]);
  });

  test('without fields only extend the timeout', () => {
    const { tasks } = fold({ id: 'a' });
    expect(tasks).toEqual([{ id: 'a', attempt: 1, fields: containing({ new_success: 0, new_failures: 0 }) }]);
  });

  test('with only a result change no field', () => {
    expect(fold({ id: 'a', ending: 'succeeded' }).tasks[0].fields).toBeUndefined();
  });

  test('keep the first result, and everything after it is late', () => {
    const { tasks, late } = fold(
      { id: 'a', new_success: 1 },
      { id: 'a', ending: 'failed', reason: 'First', new_success: 2 },
      { id: 'b', new_success: 100 },
      { id: 'a', ending: 'succeeded', new_success: 4 },
      { id: 'a', new_success: 8 },
      { id: 'a' },
    );
    expect(late).toEqual([3, 4, 5]);
    expect(tasks[0]).toEqual({
      id: 'a',
      attempt: 1,
      fields: containing({ new_success: 3 }),
      ending: { ending: 'failed', reason: 'First' },
    });
    expect(tasks[1].fields).toMatchObject({ new_success: 100 });
  });

  test('that are equal are still separate', () => {
    const { late } = fold(...Array.from({ length: 50 }, () => ({ id: 'a', ending: 'succeeded' as const })));
    expect(late).toHaveLength(49);
  });

  test('do not lose count beyond 32 bits', () => {
    const { tasks } = fold(...Array.from({ length: 500 }, () => ({ id: 'a', new_success: 2147483647 })));
    expect(tasks[0].fields!.new_success).toBe(500 * 2147483647);
  });
});
