import { resolve } from 'node:path';
import { createDatabase, startReceiver, startService } from '../support/fixture';
import { allDelivered, untilRunning } from '../support/graph';
import { isReplayed, partsOf } from '../support/keyed';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import type { Call, Receiver } from '../support/receiver';
import { recount } from '../support/recount';
import { send, type Sent } from '../support/send';
import { after, type Service, type ServiceClient, task, webhook } from '../support/service';

const FAILPOINT = resolve('test/faults/harness/failpoint.cjs');
const DEAD_ENDS = { DEAD_END_CANCEL_ENABLED: '0' };
const EACH = 6;
/** The commit at which the replica dies: some requests are answered by then, and others have not begun. */
const NTH = 10;

/** Tasks of a batch by local id, each with its attempt, and the number of links. */
type State = Record<string, number>;

/** A request that changes a batch, and the state of the batch without and with it. */
interface Change {
  batch: string;
  path: string;
  body: unknown;
  key: string;
  without: State;
  with: State;
  /** Start calls of tasks in the end, each as local id and attempt. */
  starts: string[];
}

/** A kind of request: the batch that it changes, how, and what comes of it. */
interface Kind extends Omit<Change, 'batch' | 'path' | 'key' | 'with'> {
  tasks: object[];
  path: (ids: Record<string, string>) => string;
  changed: State;
}

describe('Reruns and additions at a replica that is killed', () => {
  useProcesses();
  let receiver: Receiver;
  let survivor: Service;
  beforeEach(() => {
    receiver = startReceiver();
    receiver.reply('/works', { body: { status: 'Success' } });
    receiver.reply('/fails-once', ({ headers }) => ({
      body: headers['x-task-attempt'] === '1' ? { status: 'Failure', failure_reason: 'Broken' } : { status: 'Success' },
    }));
  });
  afterEach(() => ServiceProcess.killAll());

  const works = (id: string, rest: object = {}) => task(id, receiver.url('/works'), rest);
  const before = (id: string) => ({ before: [{ id, requires_success: true }] });
  const diamond = (left: string) => [
    works('root'),
    task('left', receiver.url(left), after(['root'])),
    works('right', after(['root'])),
    works('end', after(['left', 'right'])),
  ];
  const DIAMOND = { root: 1, left: 1, right: 1, end: 1, links: 4 };
  const kinds = (): Kind[] => [
    {
      tasks: diamond('/fails-once'),
      path: ({ batch }) => `/batch/${batch}/rerun`,
      body: {},
      without: DIAMOND,
      changed: { left: 2, end: 2 },
      starts: ['root 1', 'left 1', 'right 1', 'left 2', 'end 2'],
    },
    {
      tasks: diamond('/fails-once'),
      path: ({ root }) => `/task/${root}/rerun`,
      body: { downstream: true },
      without: DIAMOND,
      changed: { root: 2, left: 2, right: 2, end: 2 },
      starts: ['root 1', 'left 1', 'right 1', 'root 2', 'left 2', 'right 2', 'end 2'],
    },
    {
      tasks: diamond('/works'),
      path: ({ batch }) => `/batch/${batch}/task`,
      body: [works('more', after(['right'])), works('most', after(['more', 'end']))],
      without: DIAMOND,
      changed: { more: 1, most: 1, links: 7 },
      starts: ['root 1', 'left 1', 'right 1', 'end 1', 'more 1', 'most 1'],
    },
    {
      tasks: [task('split', receiver.url('/split')), works('reduce', after(['split']))],
      path: ({ batch }) => `/batch/${batch}/task`,
      body: [works('more', before('reduce')), works('most', { ...after(['more']), ...before('reduce') })],
      without: { split: 1, reduce: 1, links: 1 },
      changed: { more: 1, most: 1, links: 4 },
      starts: ['split 1', 'reduce 1', 'more 1', 'most 1'],
    },
  ];

  /** Creates batches, and returns a change of each, mixed, once nothing but the tasks named split is unfinished. */
  const prepare = async (): Promise<Change[]> => {
    const changes = await Promise.all(
      Array.from({ length: EACH }, kinds)
        .flat()
        .map(async ({ tasks, path, changed, ...rest }, i): Promise<Change> => {
          const ids = await survivor.create({ tasks, on_batch_complete: [webhook(receiver.url('/complete'))] } as {
            tasks: object[];
          });
          return {
            ...rest,
            batch: ids.batch,
            path: path(ids),
            key: `change-${i}`,
            with: { ...rest.without, ...changed },
          };
        }),
    );
    await untilRunning(survivor, ...(await splits()));
    await eventually(async () => expect(await completions()).toHaveLength(3 * EACH));
    await allDelivered(survivor);
    return changes;
  };
  const splits = async () =>
    (await survivor.query<{ id: string }>(`SELECT id FROM task_definition WHERE local_id = 'split'`)).map(
      ({ id }) => id,
    );
  const completions = () => survivor.query('SELECT FROM batch WHERE completed > 0');
  const post = (to: ServiceClient, { path, key, body }: Change): Promise<Sent> =>
    send(to.url, 'POST', path, { 'content-type': 'application/json', 'idempotency-key': key }, JSON.stringify(body));
  const stateOf = async ({ batch }: Change): Promise<State> => {
    const [{ state }] = await survivor.query<{ state: State }>(
      `SELECT json_object_agg(d.local_id, t.attempt)::jsonb || json_build_object('links', (
         SELECT count(*) FROM link l JOIN task_definition c ON c.id = l.child_id WHERE c.batch_id = $1))::jsonb AS state
       FROM task t JOIN task_definition d ON d.id = t.id WHERE t.batch_id = $1`,
      [batch],
    );
    return state;
  };
  const statesOf = (changes: Change[]) => Promise.all(changes.map(stateOf));

  const keysOf = (calls: Call[]) => calls.map(({ headers }) => String(headers['idempotency-key'])).sort();
  /** Returns the keys of all start calls that the changed batches need. */
  const startKeysOf = async (changes: Change[]): Promise<string[]> => {
    const rows = await survivor.query<{ id: string; name: string }>(
      `SELECT id, batch_id || ' ' || local_id AS name FROM task_definition`,
    );
    const ids = new Map(rows.map(({ id, name }) => [name, id]));
    const keyOf = (batch: string, [local, attempt]: string[]) =>
      `${ids.get(`${batch} ${local}`)}${attempt === '1' ? '' : `:attempt-${attempt}`}:start`;
    return changes.flatMap(({ batch, starts }) => starts.map((start) => keyOf(batch, start.split(' ')))).sort();
  };
  /** Returns the keys of all completions: batches that were complete before complete again. */
  const completionKeysOf = (changes: Change[]): string[] =>
    changes
      .flatMap(({ batch, without }) => {
        const key = `batch:${batch}:complete`;
        return 'split' in without ? [key] : [key, `${key}:2`];
      })
      .sort();

  /** Sends all changes to a replica that dies meanwhile; returns its answers, undefined for none, once its connections are gone. */
  const sendToKilled = async (changes: Change[], env: Record<string, string>): Promise<(Sent | undefined)[]> => {
    const url = new URL(survivor.databaseUrl);
    url.searchParams.set('application_name', 'killed');
    const killed = await ServiceProcess.start(
      { ...DEAD_ENDS, DATABASE_URL: url.href, POOL_MAX_SIZE: '20', WORKER_ENABLED: '0', ...env },
      { preload: FAILPOINT },
    );
    const answers = await Promise.all(changes.map((change) => post(killed, change).catch(() => undefined)));
    await eventually(() => expect(killed.ended).toBe(true));
    await eventually(async () =>
      expect(await survivor.query(`SELECT FROM pg_stat_activity WHERE application_name = 'killed'`)).toEqual([]),
    );
    return answers;
  };

  it.each(['before', 'after'])(
    'happen wholly or not at all, and once when they are repeated, if it dies right %s a commit',
    async (moment) => {
      survivor = await startService(DEAD_ENDS, (await createDatabase()).url);
      const changes = await prepare();
      const answers = await sendToKilled(changes, { FAILPOINT: `${moment}:idempotency-try-lock-key:${NTH}` });

      const stored = await survivor.query<{ key: string }>('SELECT key FROM idempotency_key');
      const keys = new Set(stored.map(({ key }) => key));
      const happened = changes.map(({ key }) => keys.has(key));
      expect(await statesOf(changes)).toEqual(changes.map((each, i) => (happened[i] ? each.with : each.without)));
      await recount(survivor, { deadEnds: false });
      const answered = answers.flatMap((answer, i) =>
        answer ? [{ status: answer.status, happened: happened[i] }] : [],
      );
      expect(answered.filter((each) => !each.happened || each.status >= 300)).toEqual([]);
      expect(answered.length).toBeGreaterThan(0);
      if (moment === 'after') expect(keys.size).toBeGreaterThan(answered.length);
      expect(keys.size).toBeLessThan(changes.length);

      const repeated = await Promise.all(changes.map((change) => post(survivor, change)));
      expect(repeated.map(isReplayed)).toEqual(happened);
      expect(repeated.filter(({ status }) => status >= 300)).toEqual([]);
      const again = await Promise.all(changes.map((change) => post(survivor, change)));
      expect(again.map(partsOf)).toEqual(repeated.map(partsOf));
      for (const [i, answer] of answers.entries()) if (answer) expect(partsOf(answer)).toEqual(partsOf(repeated[i]));
      expect(await statesOf(changes)).toEqual(changes.map((each) => each.with));
      await recount(survivor, { deadEnds: false });

      for (const id of await splits()) expect((await survivor.succeed(id)).status).toBe(200);
      await eventually(async () =>
        expect(await survivor.query(`SELECT status, count(*)::int FROM task GROUP BY 1`)).toEqual([
          { status: 'Success', count: expect.any(Number) },
        ]),
      );
      await allDelivered(survivor);
      await recount(survivor, { deadEnds: false });
      const isStart = ({ headers }: Call) => headers['x-task-trigger'] === 'start';
      expect(keysOf(receiver.received(isStart))).toEqual(await startKeysOf(changes));
      expect(keysOf(receiver.received('/complete'))).toEqual(completionKeysOf(changes));
    },
  );
});
