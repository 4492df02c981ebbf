import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { startProxy, startReceiver, startService, useConnectedDatabase } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import type { Receiver } from '../support/receiver';
import { task, webhook } from '../support/service';

describe('A service that is stopped', () => {
  useProcesses();
  const database = useConnectedDatabase();
  let receiver: Receiver;
  let service: ServiceProcess;
  beforeEach(() => {
    receiver = startReceiver();
  });
  afterEach(() => ServiceProcess.killAll());

  const launch = async (env: Record<string, string> = {}) =>
    (service = await ServiceProcess.start({ DATABASE_URL: database.url, ...env }));
  const isDraining = () =>
    eventually(async () => {
      const { status, body } = await service.call<object>('GET', '/ready');
      expect({ status, body }).toMatchObject({ status: 503, body: { status: 'not_ready' } });
    });
  const query = async (text: string, values: unknown[] = []): Promise<object[]> =>
    (await database.client.query<object>(text, values)).rows;
  const statusOf = (id: string) => query('SELECT status, claimed_by FROM task WHERE id = $1', [id]);

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends at once when it is idle, whatever connections clients keep',
    async (signal) => {
      await launch({ LOG_LEVEL: 'info' });
      const agent = new Agent({ keepAlive: true });
      const idle = get(`${service.url}/live`, { agent });
      const [response] = (await once(idle, 'response')) as [NodeJS.ReadableStream];
      await once(response.resume(), 'end');
      const sockets: Socket[] = [];
      for (const said of [
        '',
        'GET /live HTTP/1.1\r\nhost: x\r\n',
        'POST /task HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n[',
      ]) {
        const socket = connect(service.port, 'localhost').on('error', () => undefined);
        sockets.push(socket);
        await once(socket, 'connect');
        socket.write(said);
      }
      expect(await service.end(signal)).toBe(0);
      expect(await query('SELECT FROM worker')).toEqual([]);
      expect(service.lines.filter(({ context }) => context === 'Shutdown').map(({ message }) => message)).toEqual([
        `Received ${signal}: /ready answers 503 from now on`,
        'No new work is started; waiting for calls in flight',
        'No call is in flight; signing off as a worker',
        'Waiting for requests in flight',
        'All requests are answered; closing connections to receivers and to the database',
        'Stopped',
      ]);
      agent.destroy();
      sockets.forEach((socket) => socket.destroy());
    },
  );

  it('reports that it is not ready, and lets calls in flight end', async () => {
    await launch();
    const [start, end] = [new Gate(), new Gate()];
    receiver.reply('/start', { after: start.opened, body: webhook(receiver.url('/cancel')) });
    receiver.reply('/end', { after: end.opened });
    const { a: ended } = await service.create([
      task('a', receiver.url('/quick'), { on_success: [webhook(receiver.url('/end'))] }),
    ]);
    await eventually(async () => expect((await service.task(ended)).status).toBe('Running'));
    await service.succeed(ended);
    const { a: starting } = await service.create([task('a', receiver.url('/start'))]);
    await Promise.all([receiver.waitFor(1, '/start'), receiver.waitFor(1, '/end')]);

    const exit = service.end('SIGTERM');
    await isDraining();
    expect((await service.call('GET', '/live')).status).toBe(200);
    // A receiver can still report.
    expect((await service.report(starting, { new_success: 5 })).status).toBe(200);
    start.open();
    end.open();
    expect(await exit).toBe(0);
    expect(await statusOf(starting)).toEqual([{ status: 'Running', claimed_by: null }]);
    expect(await query('SELECT success FROM task WHERE id = $1', [starting])).toEqual([{ success: 5 }]);
    expect(
      await query('SELECT trigger, status, attempts FROM delivery WHERE task_id = $1 ORDER BY trigger', [ended]),
    ).toEqual([
      { trigger: 'start', status: 'success', attempts: 1 },
      { trigger: 'end', status: 'success', attempts: 1 },
    ]);
    expect(await query('SELECT on_cancel IS NOT NULL AS kept FROM task_definition WHERE id = $1', [starting])).toEqual([
      { kept: true },
    ]);
  });

  it.each(['/start', '/end'])('starts and delivers nothing more while it waits for a call to %s', async (held) => {
    await launch();
    const gate = new Gate();
    receiver.reply(held, { after: gate.opened });
    const tasks = ['a', 'b'].map((id) =>
      task(id, receiver.url('/quick'), { on_success: [webhook(receiver.url('/end'))] }),
    );
    const { a, b } = await service.create(tasks);
    for (const id of [a, b]) await eventually(async () => expect((await service.task(id)).status).toBe('Running'));
    if (held === '/end') await service.succeed(a);
    else await service.create([task('c', receiver.url('/start'))]);
    await receiver.waitFor(1, held);

    const exit = service.end('SIGTERM');
    await isDraining();
    const { d } = await service.create([task('d', receiver.url('/late'))]);
    expect((await service.succeed(b)).status).toBe(200);
    gate.open();
    expect(await exit).toBe(0);
    expect(await statusOf(d)).toEqual([{ status: 'Pending', claimed_by: null }]);
    expect(receiver.received('/late')).toEqual([]);

    // Nothing is lost: the next process continues with it.
    const next = await startService({}, database.url);
    await receiver.waitFor(1, '/late');
    await receiver.waitFor(1, ({ headers }) => headers['idempotency-key'] === `${b}:end:success`);
    await untilRunning(next, d);
  });

  it('ends without its database too, and repeats what it could not record', async () => {
    const proxy = await startProxy(database.url);
    const env = { WORKER_CLAIM_TIMEOUT_SECS: '2' };
    await launch({ ...env, DATABASE_URL: proxy.url });
    const gate = new Gate();
    receiver.reply('/start', { after: gate.opened }, {});
    const { a } = await service.create([task('a', receiver.url('/start'))]);
    await receiver.waitFor(1, '/start');
    await proxy.cut();
    const exit = service.end('SIGTERM');
    gate.open();
    expect(await exit).toBe(0);

    await untilRunning(await startService(env, database.url), a);
    const calls = receiver.received('/start').map(({ headers }) => headers['idempotency-key']);
    expect(calls).toEqual([`${a}:start`, `${a}:start`]);
  });
});
