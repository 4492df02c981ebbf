import { Client } from 'pg';
import { useReceiver, useService } from '../support/fixture';
import { runTask, untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { untilWaiting } from '../support/locks';
import { age } from '../support/rows';
import { after, type Answer, task } from '../support/service';

const MAX_INT = 2147483647;
const NOBODY = '00000000-0000-4000-8000-000000000000';

interface Problem {
  error: string;
  details: string[];
}

describe('Counting progress', () => {
  const service = useService();
  const receiver = useReceiver();
  const START = receiver.url('/start');

  const running = async (rest?: object) => (await runTask(service, START, rest)).id;
  const put = (id: string, body: unknown, to = service) => to.call<Problem>('PUT', `/task/${id}`, body);
  const counted = async (id: string, body: unknown) =>
    expect(await put(id, body)).toMatchObject({ status: 202, body: undefined });
  const countersOf = async (id: string) => {
    const [row] = await service.query<{ success: number; failures: number }>(
      'SELECT success, failures FROM task WHERE id = $1',
      [id],
    );
    return [row.success, row.failures];
  };

  it('answers 202 when the increment is durable', async () => {
    const id = await running();
    for (let n = 1; n <= 5; n++) {
      await counted(id, { new_success: 1, new_failures: 2 });
      expect(await countersOf(id)).toEqual([n, 2 * n]);
    }
  });

  it('adds up and is shown', async () => {
    const id = await running({ expected_count: 20 });
    await counted(id, { new_success: 5 });
    await counted(id, { new_failures: 2 });
    await counted(id, { new_success: 4, new_failures: 1 });
    expect(await service.task(id)).toMatchObject({ status: 'Running', success: 9, failures: 3, expected_count: 20 });
  });

  it.each([{ new_success: 1, new_failures: 0 }, { new_success: 1, new_failures: null }, { new_success: 1 }])(
    'accepts %j',
    async (body) => {
      const id = await running();
      await counted(id, body);
      expect(await countersOf(id)).toEqual([1, 0]);
    },
  );

  it('counts as a sign of life of the task', async () => {
    const id = await running();
    await age(service, id, 3600);
    await counted(id, { new_success: 1 });
    const [{ fresh }] = await service.query<{ fresh: boolean }>(
      `SELECT last_updated > now() - interval '1 minute' AS fresh FROM task WHERE id = $1`,
      [id],
    );
    expect(fresh).toBe(true);
  });

  it.each([
    ['a status', { status: 'Failure', failure_reason: 'x' }],
    ['an invalid status', { status: 'Nonsense' }],
    [
      'fields of a report, even invalid ones',
      { metadata: { a: 1 }, expected_count: -5, priority: 'high', timeout: [] },
    ],
    [
      'values that could not be stored',
      { metadata: { a: '\u0000' }, name: '\ud800', reason: JSON.parse('[1e999]') as unknown },
    ],
    ['values that are nested too deep', { metadata: JSON.parse('['.repeat(99) + ']'.repeat(99)) as unknown }],
    ['unknown fields', { colour: 'blue', toString: 1, constructor: {} }],
  ])('ignores %s', async (_, others) => {
    const id = await running({ metadata: { kept: true } });
    await counted(id, { ...others, new_success: 1 });
    expect(await service.task(id)).toMatchObject({
      status: 'Running',
      success: 1,
      metadata: { kept: true },
      expected_count: null,
      priority: 0,
      failure_reason: null,
    });
  });

  it('works on tasks of every status, and changes nothing else on those that have ended', async () => {
    const others = ['good', 'bad', 'gone', 'paused', 'parent'];
    const ids = await service.create([...others.map((id) => task(id, START)), task('waits', START, after(['parent']))]);
    await untilRunning(service, ...others.map((name) => ids[name]));
    await service.succeed(ids.good);
    await service.fail(ids.bad);
    await service.call('DELETE', `/task/${ids.gone}`);
    await service.call('PATCH', `/task/pause/${ids.paused}`);
    for (const id of [...others, 'waits'].map((name) => ids[name])) {
      const before = await service.task(id);
      await counted(id, { new_success: 3, new_failures: 1 });
      expect({ ...(await service.task(id)), last_updated: '' }).toEqual({
        ...before,
        success: 3,
        failures: 1,
        last_updated: '',
      });
    }
  });

  it('stops at the largest integer', async () => {
    const id = await running();
    await counted(id, { new_success: MAX_INT - 1, new_failures: MAX_INT });
    await counted(id, { new_success: 1 });
    expect(await countersOf(id)).toEqual([MAX_INT, MAX_INT]);
    await Promise.all(Array.from({ length: 10 }, () => counted(id, { new_success: MAX_INT, new_failures: MAX_INT })));
    expect(await countersOf(id)).toEqual([MAX_INT, MAX_INT]);
  });

  describe('is refused', () => {
    const AT_LEAST_ONE = [expect.stringMatching(/^new_success, new_failures: /)];
    it.each<[what: string, body: unknown, details: unknown[]]>([
      ['nothing', {}, AT_LEAST_ONE],
      ['zeros', { new_success: 0, new_failures: 0 }, AT_LEAST_ONE],
      ['one zero', { new_failures: 0 }, AT_LEAST_ONE],
      ['nulls', { new_success: null, new_failures: null }, AT_LEAST_ONE],
      ['other fields alone', { status: 'Success', success: 5 }, AT_LEAST_ONE],
      ['a negative number', { new_success: -1 }, [expect.stringMatching(/^new_success: /)]],
      ['a negative number beside a valid one', { new_success: 5, new_failures: -1 }, [/^new_failures: /]],
      ['a fraction', { new_success: 1.5 }, [/^new_success: /]],
      ['a text', { new_success: '1' }, [/^new_success: /]],
      ['a boolean', { new_failures: true }, [/^new_failures: /]],
      ['an array', { new_success: [1] }, [/^new_success: /]],
      ['an object', { new_success: {} }, [/^new_success: /]],
      ['more than the largest integer', { new_success: MAX_INT + 1 }, [/^new_success: /]],
      ['more than a number holds', { new_success: 1e300 }, [/^new_success: /]],
      ['two faults at once', { new_success: -1, new_failures: 'x' }, [/^new_success: /, /^new_failures: /]],
      ['a body that is no object', [{ new_success: 1 }], [/^body: /]],
      ['null', null, [/^body: /]],
      ['a number', 1, [/^body: /]],
    ])('with 400 for %s', async (_, body, details) => {
      const id = await running();
      const before = await service.task(id);
      const answer = await put(id, body);
      const faults = details.map((fault) =>
        fault instanceof RegExp ? (expect.stringMatching(fault) as string) : fault,
      );
      expect({ status: answer.status, details: answer.body.details }).toEqual({ status: 400, details: faults });
      expect(await service.task(id)).toEqual(before);
    });

    it('with 404 for an unknown task, even among valid increments of the same flush', async () => {
      const id = await running();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => put(n % 2 ? id : NOBODY, { new_success: 1 })),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, (_, n) => (n % 2 ? 202 : 404)));
      expect(await countersOf(id)).toEqual([10, 0]);
    });

    it('with 400 for an id that is no UUID and for malformed JSON', async () => {
      expect((await put('17', { new_success: 1 })).status).toBe(400);
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${service.url}/task/${NOBODY}`, { method: 'PUT', body: '{"new_succ', headers });
      expect(response.status).toBe(400);
    });
  });

  describe('with BATCH_CHANNEL_CAPACITY=1', () => {
    const narrow = useService({ BATCH_CHANNEL_CAPACITY: '1', WORKER_ENABLED: '0' }, service);

    /** Runs `work` while the row of the task is locked, as if the database had stalled. */
    async function whileLocked(id: string, work: () => Promise<void>): Promise<void> {
      const client = new Client({ connectionString: service.databaseUrl });
      await client.connect();
      await client.query('BEGIN');
      await client.query('SELECT FROM task WHERE id = $1 FOR UPDATE', [id]);
      await work().finally(() => client.end());
    }
    it('lets callers wait for capacity, and counts every increment', async () => {
      const id = await running();
      const answers = await Promise.all(Array.from({ length: 50 }, () => put(id, { new_success: 1 }, narrow)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
      expect(await countersOf(id)).toEqual([50, 0]);
    });

    it('counts every increment of a bulk that is larger', async () => {
      const id = await running();
      const items = Array.from({ length: 50 }, () => ({ id, new_success: 1 }));
      const { body } = await narrow.call('PUT', '/task', items);
      expect(body).toEqual({ results: items.map(() => ({ id, status: 202 })) });
      expect(await countersOf(id)).toEqual([50, 0]);
    });

    it('answers 503 with Retry-After without capacity, and does not count those increments', async () => {
      const id = await running();
      const answers: Answer<Problem>[] = [];
      let calls!: Promise<unknown>;
      let bulk!: Promise<Answer<{ results: { status: number }[] }>>;
      await whileLocked(id, async () => {
        // One is being written and one is queued; the others wait for capacity.
        const increment = async () => answers.push(await put(id, { new_success: 1 }, narrow));
        calls = Promise.all(Array.from({ length: 5 }, increment));
        await untilWaiting(narrow, 1);
        bulk = narrow.call('PUT', '/task', [
          { id, new_failures: 1 },
          { id, new_failures: 1 },
        ]);
        await eventually(() => expect(answers).toHaveLength(3));
        for (const { status, headers, body } of answers) {
          expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
          expect(body).toMatchObject({ status: 503, error: expect.any(String) as string });
        }
      });
      await calls;
      expect(answers.slice(3).map(({ status }) => status)).toEqual([202, 202]);
      const statuses = (await bulk).body.results.map(({ status }) => status);
      expect(statuses.filter((status) => status !== 202 && status !== 503)).toEqual([]);
      expect(await countersOf(id)).toEqual([2, statuses.filter((status) => status === 202).length]);
    });
  });
});
