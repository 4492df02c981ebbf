import { Logger, type LoggerService } from '@nestjs/common';
import { Database } from '../../src/database/database';
import { AuditLog } from '../../src/audit/audit-log';
import { HandleTokens } from '../../src/access/handle-tokens';
import { loadConfig } from '../../src/config/load';
import { RetentionLoop } from '../../src/retention/retention.loop';
import { ASLEEP, startReplica, startService, useReceiver, useService } from '../support/fixture';
import { deliveriesOf } from '../support/deliveries';
import { runTask } from '../support/graph';
import { eventually } from '../support/poll';
import { hourly } from '../support/schedules';
import { provider, type Service, ServiceClient, task, webhook } from '../support/service';

const ANNA = 'the-token-of-anna-0123456789';
const BERT = 'the-token-of-bert-0123456789';
const GUEST = 'the-token-of-guest-0123456789';

interface Entry {
  id: number;
  at: string;
  actor: string | null;
  action: string;
  batch_id: string | null;
  task_id: string | null;
  schedule: string | null;
  details: object | null;
}

describe('The audit log', () => {
  const receiver = useReceiver();
  const service = useService({
    AUTH_TOKEN: `anna:${ANNA},${BERT}`,
    AUTH_TOKEN_READ: GUEST,
    WEBHOOK_MAX_ATTEMPTS: '1',
    RETENTION_ENABLED: '1',
    RETENTION_DAYS: '10',
    RETENTION_CLEANUP_INTERVAL_SECS: '86400',
    ...ASLEEP,
  });
  const START = receiver.url('/start');
  const handles = HandleTokens.of(loadConfig({ AUTH_TOKEN: `anna:${ANNA},${BERT}` }).access)!;
  const guest = new ServiceClient();
  const bert = new ServiceClient();
  const lines: { message: unknown; fields: object }[] = [];
  beforeAll(() => {
    service.token = ANNA;
    Object.assign(guest, { url: service.url, token: GUEST });
    Object.assign(bert, { url: service.url, token: BERT });
  });
  afterAll(() => Logger.overrideLogger(false));
  const ignore = () => undefined;
  const recorder: LoggerService = {
    error: ignore,
    warn: ignore,
    log: (message, ...rest) => {
      if (rest.at(-1) === 'Audit') lines.push({ message, fields: rest[0] as object });
    },
  };

  const entries = async (query = ''): Promise<Entry[]> => (await guest.call<Entry[]>('GET', `/audit-log${query}`)).body;
  /** Does something, and returns the entries and log lines that it left, oldest first, without id and time. */
  async function left(work: () => Promise<unknown>): Promise<object[]> {
    const [{ id } = { id: 0 }] = await entries('?page_size=1');
    lines.length = 0;
    // Each service that starts sets its own logger.
    Logger.overrideLogger(recorder);
    await work();
    const found = (await entries('?page_size=50')).filter((entry) => entry.id > id).reverse();
    expect(lines.map(({ message }) => message)).toEqual(found.map(({ action }) => action));
    for (const [index, { fields }] of lines.entries()) expect(fields).toMatchObject({ actor: found[index].actor });
    return found.map(({ at, actor, action, batch_id, task_id, schedule, details }) => {
      expect(at).toMatch(/^\d{4}-.*Z$/);
      return { actor, action, batch_id, task_id, schedule, details };
    });
  }
  const entry = (action: string, rest: object = {}) => ({
    action,
    actor: 'anna',
    batch_id: null,
    task_id: null,
    schedule: null,
    details: null,
    ...rest,
  });
  const call = (method: string, path: string, body?: object) => async () =>
    expect([200, 201, 202]).toContain((await service.call(method, path, body)).status);

  it('names who canceled, paused, resumed and reran tasks, and none of it happens again if it is asked again', async () => {
    const ids = await service.create([
      task('a', START),
      { ...task('b', START), dependencies: [{ id: 'a', requires_success: true }] },
    ]);
    await eventually(async () => expect((await service.task(ids.a)).status).toBe('Running'));
    const about = { batch_id: ids.batch, task_id: ids.a };
    const again = async (method: string, path: string, status: number) =>
      expect([path, (await service.call(method, path)).status]).toEqual([path, status]);

    expect(await left(call('PATCH', `/task/pause/${ids.a}`))).toEqual([
      entry('pause_task', { ...about, details: { from: 'Running' } }),
    ]);
    expect(await left(() => again('PATCH', `/task/pause/${ids.a}`, 400))).toEqual([]);
    expect(
      await left(async () => expect((await bert.call('PATCH', `/task/resume/${ids.a}`)).status).toBe(200)),
    ).toEqual([entry('resume_task', { ...about, actor: 'token-2', details: { to: 'Running' } })]);
    expect(await left(() => again('PATCH', `/task/resume/${ids.a}`, 400))).toEqual([]);
    expect(await left(call('PATCH', `/task/${ids.b}`, { run_at: '2099-01-01T00:00:00+01:00' }))).toEqual([
      entry('reschedule_task', {
        batch_id: ids.batch,
        task_id: ids.b,
        details: { run_at: '2098-12-31T23:00:00.000Z' },
      }),
    ]);
    expect(await left(call('PATCH', `/task/${ids.b}`, { run_at: null }))).toEqual([
      entry('reschedule_task', { batch_id: ids.batch, task_id: ids.b, details: { run_at: 'now' } }),
    ]);
    const byHandle = async () => {
      const query = new URLSearchParams({ token: handles.issue(ids.b, 1, 'report') });
      const handle = `/task/${ids.b}?${query}`;
      expect((await new ServiceClient(service.url).call('PATCH', handle, { run_at: null })).status).toBe(200);
      expect((await service.call('PATCH', `/task/${ids.a}`, { run_at: null })).status).toBe(409);
    };
    expect(await left(byHandle)).toEqual([]);
    expect(await left(call('DELETE', `/task/${ids.a}`))).toEqual([
      entry('cancel_task', { ...about, details: { ended: 2 } }),
    ]);
    expect(await left(() => again('DELETE', `/task/${ids.a}`, 400))).toEqual([]);
    expect(await left(call('POST', `/task/${ids.a}/rerun`))).toEqual([
      entry('rerun_tasks', { ...about, details: { tasks: 2, downstream: false } }),
    ]);
    expect(await left(() => again('POST', `/task/${ids.a}/rerun`, 409))).toEqual([]);
    expect(await left(call('DELETE', `/batch/${ids.batch}`))).toEqual([
      entry('stop_batch', { batch_id: ids.batch, details: { ended: 2 } }),
    ]);
    expect(await left(() => again('DELETE', `/batch/${ids.batch}`, 200))).toEqual([]);

    const keyed = () =>
      fetch(`${service.url}/batch/${ids.batch}/rerun`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ANNA}`, 'idempotency-key': 'rerun-once' },
      });
    const repeated = async () =>
      expect((await Promise.all([keyed(), keyed(), keyed()])).map(({ status }) => status)).toContain(200);
    expect(await left(repeated)).toEqual([
      entry('rerun_tasks', { batch_id: ids.batch, details: { tasks: 2, downstream: false } }),
    ]);
    const rule = { type: 'Concurrency', max_concurrency: 1, matcher: { kind: 'test', status: 'Running', fields: [] } };
    expect(await left(call('PATCH', `/batch/${ids.batch}/rules`, { kind: 'test', rules: [rule] }))).toEqual([
      entry('update_rules', { batch_id: ids.batch, details: { kind: 'test', tasks: 2 } }),
    ]);
    for (const kind of ['test', 'none'])
      expect(await left(call('PATCH', `/batch/${ids.batch}/rules`, { kind, rules: [rule] }))).toEqual([]);

    for (const [query, count] of [
      [`batch_id=${ids.batch}`, 9],
      [`task_id=${ids.a.toUpperCase()}`, 4],
      [`task_id=${ids.a}&actor=token-2`, 1],
      [`batch_id=${ids.batch}&action=rerun_tasks`, 2],
      [`batch_id=${ids.batch}&actor=nobody`, 0],
    ] as const)
      expect([query, (await entries(`?${query}`)).length]).toEqual([query, count]);
    const all = await entries(`?batch_id=${ids.batch}`);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => b - a));
    expect(await entries(`?batch_id=${ids.batch}&page_size=3&page=2`)).toEqual(all.slice(6));
  });

  it('names who replayed notifications', async () => {
    receiver.reply('/gone', { status: 500 });
    const gone = webhook(receiver.url('/gone'));
    const { id, batch } = await runTask(service, START, { on_success: [gone, gone] });
    await service.succeed(id);
    const exhausted = () =>
      eventually(async () => {
        const found = await deliveriesOf(service, id, 'exhausted');
        expect(found).toHaveLength(2);
        return found;
      });
    const [{ id: delivery }] = await exhausted();
    const about = { batch_id: batch, task_id: id };
    const once = await left(call('POST', `/webhook-deliveries/${delivery}/replay`));
    expect(once).toEqual([entry('replay_deliveries', { ...about, details: { deliveries: 1 } })]);
    await exhausted();
    const all = await left(call('POST', '/webhook-deliveries/replay'));
    expect(all).toEqual([entry('replay_deliveries', { ...about, details: { deliveries: 2 } })]);
    await exhausted();
    receiver.reply('/gone', { status: 200 });
    await call('POST', `/webhook-deliveries/replay?task_id=${id}`)();
    await eventually(async () => expect(await deliveriesOf(service, id, 'success')).toHaveLength(3));
    expect(await left(call('POST', '/webhook-deliveries/replay'))).toEqual([]);
  });

  it('names who changed and ran schedules, and is silent about a repeated deployment', async () => {
    const path = '/schedule/nightly';
    const body = { cron: hourly(), batch: [task('a', START)], starts_at: '2026-01-01T00:00:00Z' };
    const about = { schedule: 'nightly' };
    expect(await left(call('PUT', path, body))).toEqual([
      entry('save_schedule', { ...about, details: { created: true } }),
    ]);
    expect(await left(call('PUT', path, body))).toEqual([]);
    for (const change of [{ jitter_secs: 5 }, { jitter_secs: 5, batch: [task('b', START)] }])
      expect(await left(call('PUT', path, { ...body, ...change }))).toEqual([
        entry('save_schedule', { ...about, details: { created: false } }),
      ]);
    expect(await left(call('POST', `${path}/pause`))).toEqual([entry('pause_schedule', about)]);
    expect(await left(call('POST', `${path}/pause`))).toEqual([]);
    expect(await left(call('POST', `${path}/resume`))).toEqual([entry('resume_schedule', about)]);
    expect(await left(call('POST', `${path}/resume`))).toEqual([]);
    const [run] = await left(call('POST', `${path}/run`));
    expect(run).toEqual(entry('run_schedule', { ...about, batch_id: expect.any(String) }));
    expect(await left(call('PUT', path, { ...body, overlap: 'stop_previous' }))).toHaveLength(1);
    expect(await left(call('POST', `${path}/run`))).toEqual([
      entry('stop_batch', { ...about, batch_id: (run as Entry).batch_id, details: { ended: 1 } }),
      entry('run_schedule', { ...about, batch_id: expect.any(String) }),
    ]);
    expect(await left(call('DELETE', path))).toEqual([entry('delete_schedule', about)]);
    expect(await left(async () => expect((await service.call('DELETE', path)).status).toBe(404))).toEqual([]);
    expect(await entries('?schedule=nightly')).toHaveLength(10);
  });

  it('has one entry when many cancel, pause or stop the same at once', async () => {
    const other = await startReplica(service, { AUTH_TOKEN: `anna:${ANNA},${BERT}`, ...ASLEEP });
    other.token = BERT;
    const atOnce = (method: string, path: string) => () =>
      Promise.all([service, other, service, other, service, other].map((by) => by.call(method, path)));
    for (let round = 0; round < 10; round++) {
      const { id, batch } = await runTask(service, START);
      expect(await left(atOnce('PATCH', `/task/pause/${id}`))).toHaveLength(1);
      expect(await left(atOnce('PATCH', `/task/resume/${id}`))).toHaveLength(1);
      expect(await left(atOnce('DELETE', round % 2 ? `/task/${id}` : `/batch/${batch}`))).toHaveLength(1);
    }
  });

  it('has no entry and no log line about a transaction that was rolled back', async () => {
    const record = () =>
      provider(service, Database).transaction((tx) => {
        provider(service, AuditLog).record(tx, { action: 'stop_batch', actor: 'anna' });
        return Promise.reject(new Error('rolled back'));
      });
    expect(await left(() => expect(record()).rejects.toThrow('rolled back'))).toEqual([]);
    // An effect without its entry is rolled back too.
    const { id } = await runTask(service, START);
    await service.query(`ALTER TABLE audit_log ADD CONSTRAINT broken CHECK (action <> 'cancel_task') NOT VALID`);
    try {
      const cancel = async () => expect((await service.call('DELETE', `/task/${id}`)).status).toBe(500);
      expect(await left(cancel)).toEqual([]);
    } finally {
      await service.query('ALTER TABLE audit_log DROP CONSTRAINT broken');
    }
    expect((await service.task(id)).status).toBe('Running');
  });

  it.each([
    ['batch_id=x', 'batch_id: must be a UUID'],
    ['task_id=', 'task_id: must be a UUID'],
    ['action=Cancel', 'action: must be one of cancel_task, '],
    ['actor=a&actor=b', 'actor: must be given only once'],
    ['schedule[a]=b&schedule=a&schedule=b', 'schedule: must be given only once'],
  ])('refuses the filter %s', async (query, said) => {
    const { status, body } = await guest.call('GET', `/audit-log?${query}`);
    expect([status, body.details]).toEqual([400, [expect.stringContaining(said)]]);
  });

  it('reveals no token', async () => {
    const shown = JSON.stringify([
      await entries('?page_size=100'),
      await service.query('SELECT * FROM audit_log'),
      lines,
    ]);
    expect(shown).toContain('anna');
    for (const token of [ANNA, BERT, GUEST]) expect(shown).not.toContain(token);
  });

  it('loses its entries when they are older than the retention time', async () => {
    const young = await entries('?page_size=3');
    await service.query(`UPDATE audit_log SET at = at - interval '11 days' WHERE id < $1`, [young[2].id]);
    await provider(service, RetentionLoop).runOnce();
    expect(await entries('?page_size=100')).toEqual(young);
  });
});

it('Without AUTH_TOKEN, the audit log has no names', async () => {
  const receiver = { url: 'http://127.0.0.1:9/' };
  const service: Service = await startService({ WORKER_ENABLED: '0' });
  const { a } = await service.create([task('a', receiver.url)]);
  await service.call('DELETE', `/task/${a}`);
  expect((await service.call<Entry[]>('GET', '/audit-log')).body).toMatchObject([
    { actor: null, action: 'cancel_task' },
  ]);
});
