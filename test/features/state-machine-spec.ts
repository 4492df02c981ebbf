import { randomUUID } from 'node:crypto';
import { TERMINAL_STATUSES, TRANSITIONS, type TaskStatus } from '../../src/domain/task-status';
import { Worker } from '../../src/loops/worker';
import { ReportCoalescer } from '../../src/task/report/report-coalescer';
import { StaleClaimsLoop } from '../../src/task/claiming/stale-claims.loop';
import { StartLoop } from '../../src/task/claiming/start.loop';
import { TimeoutLoop } from '../../src/task/finish/timeout.loop';
import { useReceiver, useService } from '../support/fixture';
import { after, provider, task } from '../support/service';

/** A status; for a paused task, also the status that it was paused from. */
type State = Exclude<TaskStatus, 'Paused'> | `Paused/${'Waiting' | 'Pending' | 'Claimed' | 'Running'}`;
type Event = keyof typeof TRANSITIONS | 'resumed';

interface Row {
  status: TaskStatus;
  paused_from: TaskStatus | null;
}

const ALIVE = ['Waiting', 'Pending', 'Claimed', 'Running'] as const;
const PAUSED = ALIVE.map((status) => `Paused/${status}` as const);
const STATES: State[] = [...ALIVE, ...PAUSED, ...TERMINAL_STATUSES];

const from = (states: readonly State[], to: (state: State) => State) =>
  Object.fromEntries(states.map((state) => [state, to(state)]));

// Section 1 of the contract: every transition that exists. Any other is forbidden, and leaves the task unchanged.
const ALLOWED: Record<Event, Partial<Record<State, State>>> = {
  released: { Waiting: 'Pending', 'Paused/Waiting': 'Paused/Pending' },
  claimed: { Pending: 'Claimed' },
  accepted: { Claimed: 'Running', 'Paused/Claimed': 'Paused/Running' },
  refused: from(['Claimed', 'Paused/Claimed'], () => 'Failure'),
  requeued: { Claimed: 'Pending', 'Paused/Claimed': 'Paused/Pending' },
  succeeded: from(['Claimed', 'Running', 'Paused/Claimed', 'Paused/Running'], () => 'Success'),
  failed: from(['Claimed', 'Running', 'Paused/Claimed', 'Paused/Running'], () => 'Failure'),
  retried: {
    ...from(['Claimed', 'Running'], () => 'Pending'),
    ...from(['Paused/Claimed', 'Paused/Running'], () => 'Paused/Pending'),
  },
  'timed out': { Running: 'Failure' },
  'parent failed': from(['Waiting', 'Paused/Waiting'], () => 'Failure'),
  paused: from(ALIVE, (state) => `Paused/${state}` as State),
  resumed: from(PAUSED, (state) => state.slice('Paused/'.length) as State),
  canceled: from([...ALIVE, ...PAUSED], () => 'Canceled'),
  'dead end': from([...ALIVE, ...PAUSED], () => 'Canceled'),
  rerun: from(TERMINAL_STATUSES, () => 'Pending'),
  'rerun with open parents': from(TERMINAL_STATUSES, () => 'Waiting'),
  'parent rerun': { Pending: 'Waiting', 'Paused/Pending': 'Paused/Waiting' },
};

const CASES = Object.entries(ALLOWED).flatMap(([event, moves]) =>
  STATES.map((state) => ({
    title: `${event}: ${state} ${moves[state] ? `→ ${moves[state]}` : 'stays'}`,
    event: event as Event,
    state,
    to: moves[state],
  })),
);

const isTerminal = (state: State) => (TERMINAL_STATUSES as readonly string[]).includes(state);

describe('The state machine', () => {
  // Nothing runs by itself: the tests run the loops.
  const service = useService({ WORKER_ENABLED: '0' });
  const receiver = useReceiver();
  const START = receiver.url('/start');
  beforeEach(() => service.query('WITH gone AS (DELETE FROM outbox) DELETE FROM task'));

  /** Puts a task into a state, with the row that its transitions would have left. */
  async function put(id: string, state: State, claimedBy = provider(service, Worker).id): Promise<void> {
    const [status, held = null] = state.split('/');
    const at = held ?? status;
    // The start call of an early report or a canceled task may still be in flight.
    const claimed = at === 'Claimed' || isTerminal(state);
    await service.query(
      `UPDATE task SET status = $2::text::task_status, paused_from = $3::task_status, open_parents = $4, claimed_by = $5::uuid, start_calls = 1,
              claimed_at = CASE WHEN $5::uuid IS NULL THEN NULL ELSE now() - interval '1 hour' END,
              started_at = CASE WHEN $6 THEN now() - interval '1 hour' END,
              deadline = CASE WHEN $6 THEN now() - interval '30 minutes' END,
              last_updated = now() - interval '1 hour',
              ended_at = CASE WHEN $7 THEN now() - interval '1 hour' END,
              failure_reason = CASE WHEN $7 AND $2::text <> 'Success' THEN 'Before' END
       WHERE id = $1`,
      [id, status, held, at === 'Waiting' ? 1 : 0, claimed ? claimedBy : null, at === 'Running', isTerminal(state)],
    );
  }

  const stateOf = ({ status, paused_from }: Row) => (paused_from ? `${status}/${paused_from}` : status);

  const rowOf = async (id: string) =>
    (await service.query<Row>('SELECT status, paused_from FROM task WHERE id = $1', [id]))[0];

  /** Creates a task in this state, with a running parent that it requires. */
  async function child(state: State) {
    const { parent, it } = await service.create([task('parent', START), task('it', START, after(['parent']))]);
    await put(parent, 'Running');
    await put(it, state);
    return { parent, it };
  }

  const lone = async (state: State, claimedBy?: string, rest: object = {}) => {
    const { it } = await service.create([task('it', START, rest)]);
    await put(it, state, claimedBy);
    return it;
  };

  /** Requests an event over HTTP, which answers `refusal` when the state forbids it. */
  async function ask(state: State, refusal: number, method: string, path: string, body?: object, rest?: object) {
    const it = await lone(state, undefined, rest);
    const answer = await service.call<{ current_status?: string }>(method, path + it, body);
    const told = answer.status === 200;
    if (!told) expect(answer.status).toBe(refusal);
    if (answer.status === 404) expect(answer.body.current_status).toBe(state.split('/')[0]);
    return { it, told };
  }

  async function recordStart(it: string, ok: boolean): Promise<void> {
    const call = {
      batchId: randomUUID(),
      attempt: 1,
      url: START,
      trace: null,
      claimedAt: new Date().toISOString(),
      calls: 1,
      isGone: false,
      alreadyRecorded: false,
      onCancel: [],
    };
    await provider(service, ReportCoalescer).recordStart({ ...call, id: it, ok, ...(ok ? {} : { error: 'Refused' }) });
  }

  /**
   * Makes the event happen to a task in this state. Returns the task, whether the event was confirmed, and the row at
   * that moment if more follows at once.
   */
  const EVENTS: Record<Event, (state: State) => Promise<{ it: string; told?: boolean; row?: Row }>> = {
    async released(state) {
      const { parent, it } = await child(state);
      expect((await service.succeed(parent)).status).toBe(200);
      return { it };
    },
    async claimed(state) {
      const it = await lone(state);
      let row: Row | undefined;
      receiver.reply('/start', async () => {
        row = await rowOf(it);
        return {};
      });
      return { it, told: (await provider(service, StartLoop).runOnce()) === 1, row };
    },
    async accepted(state) {
      const it = await lone(state);
      await recordStart(it, true);
      return { it };
    },
    async refused(state) {
      const it = await lone(state);
      await recordStart(it, false);
      return { it };
    },
    async requeued(state) {
      const it = await lone(state, randomUUID());
      await provider(service, StaleClaimsLoop).runOnce();
      return { it };
    },
    succeeded: (state) => ask(state, 404, 'PATCH', '/task/', { status: 'Success' }),
    failed: (state) => ask(state, 404, 'PATCH', '/task/', { status: 'Failure', failure_reason: 'x' }),
    retried: (state) =>
      ask(state, 404, 'PATCH', '/task/', { status: 'Failure', failure_reason: 'x' }, { retry: { max_attempts: 2 } }),
    async 'timed out'(state) {
      const it = await lone(state);
      return { it, told: (await provider(service, TimeoutLoop).runOnce()) === 1 };
    },
    async 'parent failed'(state) {
      const { parent, it } = await child(state);
      expect((await service.fail(parent)).status).toBe(200);
      return { it };
    },
    paused: (state) => ask(state, 400, 'PATCH', '/task/pause/'),
    resumed: (state) => ask(state, 400, 'PATCH', '/task/resume/'),
    canceled: (state) => ask(state, 400, 'DELETE', '/task/'),
    async 'dead end'(state) {
      const { it, other } = await service.create([
        task('it', START),
        task('other', START),
        task('child', START, after(['it', 'other'])),
      ]);
      await put(it, state);
      await put(other, 'Running');
      expect((await service.fail(other)).status).toBe(200);
      return { it };
    },
    async rerun(state) {
      const it = await lone(state);
      return { it, told: await isRerun(it) };
    },
    async 'rerun with open parents'(state) {
      const { it } = await child(state);
      return { it, told: await isRerun(it) };
    },
    // Of another batch: a descendant in the same batch may be rerun as well.
    async 'parent rerun'(state) {
      const [parent, it] = [await lone('Failure'), await lone(state)];
      await service.query('INSERT INTO link VALUES ($1, $2, false)', [parent, it]);
      expect(await isRerun(parent)).toBe(true);
      return { it };
    },
  };

  async function isRerun(id: string): Promise<boolean> {
    const { status } = await service.call('POST', `/task/${id}/rerun`, { downstream: true });
    if (status !== 200) expect(status).toBe(409);
    return status === 200;
  }

  test('matches the contract as data', () => {
    const isEnd = (state: TaskStatus): boolean => (TERMINAL_STATUSES as readonly TaskStatus[]).includes(state);
    const moves = Object.entries(TRANSITIONS).map(([event, { from, to, alsoWhilePaused }]) => {
      const alive = from.filter((state) => state !== 'Paused');
      const plain = alive.map((state) => [state, to === 'Paused' ? `Paused/${state}` : to]);
      const held = alive.map((state) => [`Paused/${state}`, isEnd(to) ? to : `Paused/${to}`]);
      return [event, Object.fromEntries(alsoWhilePaused ? [...plain, ...held] : plain)] as const;
    });
    expect({ ...Object.fromEntries(moves), resumed: ALLOWED.resumed }).toEqual(ALLOWED);
  });

  test.each(CASES)('$title', async ({ event, state, to }) => {
    const { it, told, row = await rowOf(it) } = await EVENTS[event](state);
    expect(stateOf(row)).toBe(to ?? state);
    if (told !== undefined) expect(told).toBe(to !== undefined);
    if (isTerminal(state) && !to) {
      const [{ kept }] = await service.query<{ kept: boolean }>(
        `SELECT ended_at < now() - interval '1 minute' AND failure_reason IS NOT DISTINCT FROM $2 AS kept
         FROM task WHERE id = $1`,
        [it, state === 'Success' ? null : 'Before'],
      );
      expect(kept).toBe(true);
    }
  });
});
