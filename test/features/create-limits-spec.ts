import { useService } from '../support/fixture';
import { fieldsOf, refusal } from '../support/refusal';
import { after, task, webhook } from '../support/service';

const URL = 'http://receiver.test/start';

describe('Validation against limits', () => {
  const limited = useService({
    WORKER_ENABLED: '0',
    MAX_TASKS_PER_BATCH: '4',
    MAX_LINKS_PER_BATCH: '4',
    MAX_DEPS_PER_TASK: '2',
    MAX_ACTIONS_PER_TASK: '3',
  });

  const many = (count: number, rest?: object) =>
    Array.from({ length: count }, (_, i) => task(String(i), URL, i === count - 1 ? rest : undefined));
  const accepted = async (tasks: object[]) => (await limited.call('POST', '/task', tasks)).status === 201;

  test('accepts MAX_TASKS_PER_BATCH tasks and no more', async () => {
    expect(await accepted(many(4))).toBe(true);
    expect(fieldsOf(await refusal(limited, many(5)))).toEqual(['tasks']);
  });

  test('accepts MAX_LINKS_PER_BATCH dependencies in all, and checks nothing else beyond that', async () => {
    const first = [task('0', URL), task('1', URL, after(['0'], [])), task('2', URL, after(['0'], ['1']))];
    expect(await accepted([...first, task('3', URL, after(['0']))])).toBe(true);
    const tooMany = [...first, task('3', URL, { ...after(['0'], ['1']), timeout: 0 })];
    const fault = 'tasks: must have at most 4 dependencies in total (MAX_LINKS_PER_BATCH), not 5';
    expect(await refusal(limited, tooMany)).toEqual([fault]);
    expect(await refusal(limited, { tasks: tooMany })).toEqual([fault]);
    // Invalid dependencies do not count towards the limit.
    const none = [null, { dependencies: 'x'.repeat(9) }, { dependencies: { length: 9 } }, []];
    expect(await refusal(limited, none)).not.toContainEqual(expect.stringContaining('MAX_LINKS_PER_BATCH'));
  });

  test('accepts MAX_DEPS_PER_TASK dependencies of a task and no more', async () => {
    expect(await accepted(many(4, after(['0'], ['1'])))).toBe(true);
    expect(fieldsOf(await refusal(limited, many(4, after(['0', '1'], ['2']))))).toEqual(['tasks[3].dependencies']);
  });

  test('accepts MAX_ACTIONS_PER_TASK actions of a task and no more', async () => {
    const actions = (success: number, failure: number) => ({
      on_success: Array.from({ length: success }, () => webhook(URL)),
      on_failure: Array.from({ length: failure }, () => webhook(URL)),
    });
    expect(await accepted(many(1, actions(1, 1)))).toBe(true);
    expect(await accepted(many(1, actions(0, 2)))).toBe(true);
    expect(await refusal(limited, many(1, actions(2, 1)))).toEqual([expect.stringMatching(/^tasks\[0\].*: .*\b3\b/)]);
  });

  test('reports faults of limits together with all others', async () => {
    const details = await refusal(limited, [
      ...many(3),
      task('3', URL, { ...after(['0', '1', 'x']), timeout: 0, on_success: Array(3).fill(webhook(URL)) }),
    ]);
    expect(details).toHaveLength(4);
  });
});
