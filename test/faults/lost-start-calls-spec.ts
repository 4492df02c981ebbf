import { createDatabase, startReceiver, startService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import type { Call, Receiver } from '../support/receiver';
import { recount } from '../support/recount';
import { rerunsOf } from '../support/reruns';
import { after, type Service, ServiceClient, task } from '../support/service';

const TOKEN = 'a-token-of-the-service';
const ENV = { AUTH_TOKEN: TOKEN, WORKER_CLAIM_TIMEOUT_SECS: '1' };

describe('A start call whose worker is killed', () => {
  useProcesses();
  let receiver: Receiver;
  let service: Service;
  let killed: ServiceProcess;
  beforeEach(async () => {
    receiver = startReceiver();
    const { url } = await createDatabase();
    [service, killed] = await Promise.all([
      startService({ ...ENV, WORKER_ENABLED: '0' }, url),
      ServiceProcess.start({ ...ENV, DATABASE_URL: url }),
    ]);
    service.token = TOKEN;
  });
  afterEach(() => recount(service));
  afterEach(() => ServiceProcess.killAll());

  const startNext = () => startService(ENV, service.databaseUrl);
  /** Kills the worker while it calls children that the failure of their parent has released. */
  const calledChildren = async (...names: string[]) => {
    const children = names.map((id) => task(id, receiver.url(`/${id}`), after([], ['parent'])));
    const ids = await service.create([task('parent', receiver.url('/parent')), ...children]);
    for (const name of names) receiver.reply(`/${name}`, 'silence', {});
    await untilRunning(service, ids.parent);
    await service.fail(ids.parent);
    for (const name of names) await receiver.waitFor(1, `/${name}`);
    await killed.end('SIGKILL');
    expect(await rerunsOf(service, receiver).statusesOf(...names.map((name) => ids[name]))).toEqual(
      names.map(() => 'Claimed 1'),
    );
    return ids;
  };
  const handleOf = ({ query }: Call) => new URL(query.get('handle')!);
  /** Returns what a receiver recognizes a repeated call by, of each call to a path. */
  const callsTo = (path: string) =>
    receiver.received(path).map((call) => ({
      key: call.headers['idempotency-key'],
      attempt: call.headers['x-task-attempt'],
      handle: `${handleOf(call).pathname} ${handleOf(call).searchParams.get('attempt')}`,
    }));
  const first = (id: string) => ({ key: `${id}:start`, attempt: '1', handle: `/task/${id} null` });
  /** Sends a request to the handle of the nth call, as its receiver does. */
  const toHandle = (path: string, nth: number, method: string, body: object) => {
    const { pathname, search } = handleOf(receiver.received(path)[nth]);
    return new ServiceClient(service.url).call(method, pathname + search, body);
  };
  const SUCCESS = { status: 'Success' };

  it('is repeated with the same key after a rerun of the parent, at once or when the child waits again', async () => {
    const { rerunTask, report, statusOf, succeed } = rerunsOf(service, receiver);
    const { parent, child, paused } = await calledChildren('child', 'paused');
    const isPausedFrom = (status: string) =>
      eventually(async () =>
        expect(await service.query('SELECT paused_from AS status FROM task WHERE id = $1', [paused])).toEqual([
          { status },
        ]),
      );
    expect((await service.call('PATCH', `/task/pause/${paused}`)).status).toBe(200);
    expect(await rerunTask(parent, { downstream: true })).toMatchObject({
      status: 409,
      body: { details: [`${child}: is Claimed`, `${paused}: is Paused`] },
    });
    expect((await rerunTask(parent)).body.tasks).toEqual([{ id: parent, attempt: 2 }]);
    expect(await statusOf(child)).toBe('Claimed 1');

    // The child has started, so it does not wait for the parent that runs again.
    await startNext();
    await untilRunning(service, parent, child);
    expect(callsTo('/child')).toEqual([first(child), first(child)]);
    // The other one has lost its claim while it is paused, so it waits for the next run of the parent.
    await isPausedFrom('Pending');
    await report(parent, 2, { status: 'Failure', failure_reason: 'Broken again' });
    expect((await rerunTask(parent)).body.tasks).toEqual([{ id: parent, attempt: 3 }]);
    await isPausedFrom('Waiting');
    expect(await statusOf(child)).toBe('Running 1');
    await untilRunning(service, parent);
    await succeed(parent, 3);
    expect((await service.call('PATCH', `/task/resume/${paused}`)).status).toBe(200);
    await untilRunning(service, paused);
    expect(callsTo('/paused')).toEqual([first(paused), first(paused)]);
    // Whoever got the first call may report, because its attempt is the current one.
    for (const path of ['/child', '/paused'])
      expect(await toHandle(path, 0, 'PATCH', SUCCESS)).toMatchObject({ status: 200 });
  });

  it('is followed by one with another key if the child is rerun as well, and its late reports are refused', async () => {
    const { rerunBatch, succeed } = rerunsOf(service, receiver);
    const { batch, parent, child } = await calledChildren('child');
    expect((await service.call('DELETE', `/task/${child}`)).status).toBe(200);
    expect((await rerunBatch(batch)).body.tasks).toEqual([parent, child].map((id) => ({ id, attempt: 2 })));
    const refusesLateReports = async (current_status: string) => {
      const refusal = { status: 409, body: { current_attempt: 2, current_status } };
      expect(await toHandle('/child', 0, 'PATCH', SUCCESS)).toMatchObject(refusal);
      expect(await toHandle('/child', 0, 'PUT', { new_success: 1 })).toMatchObject(refusal);
    };
    await refusesLateReports('Waiting');

    await startNext();
    await untilRunning(service, parent);
    await succeed(parent, 2);
    await untilRunning(service, child);
    await refusesLateReports('Running');
    expect(callsTo('/child')).toEqual([
      first(child),
      { key: `${child}:attempt-2:start`, attempt: '2', handle: `/task/${child} 2` },
    ]);
    expect(await toHandle('/child', 1, 'PATCH', SUCCESS)).toMatchObject({ status: 200 });
    await refusesLateReports('Success');
    expect(await service.task(child)).toMatchObject({ attempt: 2, success: 0 });
  });
});
