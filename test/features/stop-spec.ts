import { ASLEEP, startReplica, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { allDelivered, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { blocking } from '../support/rules';
import { after, task, type Task, webhook } from '../support/service';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const NOTHING = {
  canceled_waiting: 0,
  canceled_pending: 0,
  canceled_claimed: 0,
  canceled_running: 0,
  canceled_paused: 0,
  already_terminal: 0,
};
type Counts = typeof NOTHING & { batch_id: string };

describe('Stopping a batch', () => {
  const receiver = useReceiver();
  // Nothing runs except what a commit wakes.
  const service = useService(ASLEEP);
  const START = receiver.url('/start');
  afterEach(() => recount(service));

  let paths = 0;
  const path = () => `/${++paths}`;
  const to = (...names: string[]) => names.map((name) => webhook(receiver.url(name)));
  const keys = (name: string) =>
    receiver
      .received(name)
      .map(({ headers }) => headers['idempotency-key'])
      .sort();
  const stop = (batch: string, by = service) => by.call<Counts>('DELETE', `/batch/${batch}`);
  const pause = (id: string) => service.call('PATCH', `/task/pause/${id}`);
  const blocked = { rules: [blocking('test')] };

  /** Creates a batch with tasks in every status, and returns the paths that its actions call. */
  async function mixedBatch() {
    const [start, slow, stopped, told, complete, gate] = [path(), path(), path(), path(), path(), new Gate()];
    receiver.reply(start, { body: to(stopped) });
    receiver.reply(slow, { after: gate.opened, body: to(stopped) });
    const tell = { on_success: to(told), on_failure: to(told) };
    const some = (id: string, rest: object = {}) => task(id, receiver.url(start), { ...tell, ...rest });
    const plain = (id: string) => task(id, START);
    const ids = await service.create({
      tasks: [
        ...['running', 'running2', 'pausedRunning'].map((id) => some(id)),
        task('claimed', receiver.url(slow), tell),
        task('pausedClaimed', receiver.url(slow), tell),
        ...['pending', 'pausedPending'].map((id) => some(id, blocked)),
        ...['waiting', 'pausedWaiting'].map((id) => some(id, after(['running']))),
        some('deeper', after(['waiting'], ['running2'])),
        ...['good', 'bad', 'gone'].map(plain),
      ],
      on_batch_complete: to(complete),
    } as { tasks: object[] });
    await untilRunning(
      service,
      ...['running', 'running2', 'pausedRunning', 'good', 'bad', 'gone'].map((id) => ids[id]),
    );
    await receiver.waitFor(2, slow);
    for (const id of ['pausedRunning', 'pausedClaimed', 'pausedPending', 'pausedWaiting']) await pause(ids[id]);
    await service.succeed(ids.good);
    await service.fail(ids.bad, 'Broken');
    await service.call('DELETE', `/task/${ids.gone}`);
    return { ids, stopped, told, complete, answer: gate.open };
  }

  it('cancels all unfinished tasks, and counts them by status', async () => {
    const { ids, answer } = await mixedBatch();
    const before = await Promise.all(['good', 'bad', 'gone'].map((id) => service.task(ids[id])));
    const { status, body } = await stop(ids.batch);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        batch_id: ids.batch,
        canceled_waiting: 2,
        canceled_pending: 1,
        canceled_claimed: 1,
        canceled_running: 2,
        canceled_paused: 4,
        already_terminal: 3,
      },
    });
    const { body: dag } = await service.call<{ tasks: Task[] }>('GET', `/dag/${ids.batch}`);
    expect(dag.tasks).toHaveLength(13);
    for (const { id, name } of dag.tasks) {
      if (['Task good', 'Task bad', 'Task gone'].includes(name)) continue;
      expect(await service.task(id)).toMatchObject({
        status: 'Canceled',
        failure_reason: 'Batch stopped',
        ended_at: expect.any(String) as string,
      });
    }
    expect(await Promise.all(['good', 'bad', 'gone'].map((id) => service.task(ids[id])))).toEqual(before);
    answer();
  });

  it('calls the cancel actions of tasks at work once, and no result actions', async () => {
    const { ids, stopped, told, answer } = await mixedBatch();
    await stop(ids.batch);
    const atWork = ['running', 'running2', 'pausedRunning'];
    await receiver.waitFor(3, stopped);
    expect(keys(stopped)).toEqual(atWork.map((id) => `${ids[id]}:cancel`).sort());
    // Those whose start call is unanswered follow with the answer.
    answer();
    await receiver.waitFor(5, stopped);
    await stop(ids.batch);
    await allDelivered(service);
    expect(keys(stopped)).toEqual([...atWork, 'claimed', 'pausedClaimed'].map((id) => `${ids[id]}:cancel`).sort());
    const [{ headers }] = receiver.received(stopped);
    expect(headers).toMatchObject({ 'x-task-trigger': 'cancel', 'x-task-id': expect.any(String) as string });
    expect(keys(told)).toEqual([]);
  });

  it('completes the batch once', async () => {
    const { ids, complete, answer } = await mixedBatch();
    await stop(ids.batch);
    answer();
    await stop(ids.batch);
    await receiver.waitFor(1, complete);
    await allDelivered(service);
    expect(keys(complete)).toEqual([`batch:${ids.batch}:complete`]);
    expect(receiver.received(complete)[0].body).toMatchObject({
      arcrun: { batch_id: ids.batch, counts: { success: 1, failure: 1, canceled: 11 } },
    });
  });

  it('changes nothing the second time', async () => {
    const { ids, answer } = await mixedBatch();
    await stop(ids.batch);
    answer();
    await allDelivered(service);
    const dag = await service.call('GET', `/dag/${ids.batch}`);
    const { status, body } = await stop(ids.batch);
    expect({ status, body }).toEqual({ status: 200, body: { batch_id: ids.batch, ...NOTHING, already_terminal: 13 } });
    expect((await service.call('GET', `/dag/${ids.batch}`)).body).toEqual(dag.body);
  });

  it('leaves other batches alone, except for tasks that required one of its own', async () => {
    const original = (id: string) => task(id, START, { kind: 'shared', metadata: { shared: 1 } });
    const [one, other] = [await service.create([original('a')]), await service.create([task('b', START)])];
    await untilRunning(service, one.a, other.b);
    const dedupe_strategy = [{ kind: 'shared', status: 'Running', fields: ['shared'] }];
    const dependents = [
      { ...original('copy'), dedupe_strategy },
      task('required', START, { ...after(['copy']), on_failure: to('/dependent') }),
      task('optional', START, after([], ['copy'])),
    ];
    const { status: created, body } = await service.call<Task[]>('POST', '/task', dependents);
    expect([created, body.map(({ name }) => name)]).toEqual([201, ['Task required', 'Task optional']]);
    const [required, optional] = body.map(({ id }) => id);
    expect((await stop(one.batch)).body).toEqual({ batch_id: one.batch, ...NOTHING, canceled_running: 1 });
    await untilRunning(service, optional, other.b);
    const { status, failure_reason } = await service.task(required);
    expect([status, failure_reason]).toEqual(['Failure', expect.stringContaining(one.a)]);
    await allDelivered(service);
    expect(keys('/dependent')).toEqual([`${required}:end:failure`]);
  });

  it('counts every task once when several requests run beside reports', async () => {
    const replica = await startReplica(service, { WORKER_ENABLED: '0' });
    const names = Array.from({ length: 60 }, (_, n) => `t${n}`);
    const stopped = path();
    const start = path();
    receiver.reply(start, { body: to(stopped) });
    const ids = await service.create(names.map((name) => task(name, receiver.url(start))));
    await untilRunning(service, ...names.map((name) => ids[name]));
    const some = names.slice(0, 20).map((name) => ids[name]);
    const [reports, stops] = await Promise.all([
      Promise.all(some.map((id) => replica.succeed(id))),
      Promise.all([service, replica, service, replica].map((by) => stop(ids.batch, by))),
    ]);
    const reported = reports.filter(({ status }) => status === 200).length;
    const canceled = stops.map(({ body }) => body.canceled_running);
    expect(canceled.reduce((sum, n) => sum + n) + reported).toBe(60);
    for (const { body } of stops) expect(body.canceled_running + body.already_terminal).toBe(60);
    await allDelivered(service);
    expect(keys(stopped)).toHaveLength(60 - reported);
  });

  it('cancels a thousand tasks that wait for one', async () => {
    const names = Array.from({ length: 1000 }, (_, n) => `t${n}`);
    const ids = await service.create([task('top', START), ...names.map((name) => task(name, START, after(['top'])))]);
    await untilRunning(service, ids.top);
    expect((await stop(ids.batch)).body).toEqual({
      batch_id: ids.batch,
      ...NOTHING,
      canceled_waiting: 1000,
      canceled_running: 1,
    });
  });

  it('is answered 404 for an unknown batch, and 400 for a malformed id', async () => {
    expect((await stop(NOBODY)).status).toBe(404);
    expect((await stop('17')).status).toBe(400);
  });
});
