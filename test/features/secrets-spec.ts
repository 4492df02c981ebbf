import { startReceiver, startService, useDatabase, useReceiver } from '../support/fixture';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import { after, type Service, task, type Task, webhook } from '../support/service';

const TOKEN = 'first-token-0123456789';
const LOG_TOKEN = 'l0g-token-0123456789';
const SIGNING_SECRET = `whsec_${Buffer.alloc(24, 'secret').toString('base64')}`;

describe('A secret in an action', () => {
  const receiver = useReceiver();

  /** Creates a task whose action holds secrets wherever possible, and waits until both of its calls are recorded. */
  async function withSecrets(service: Service): Promise<{ task: Task; url: string; full: string; list: string }> {
    const url = receiver
      .url('/secret?key=s3cret-query&s3cret-bare#s3cret-fragment')
      .replace('//', '//user:s3cret-pass@');
    const action = webhook(url, { headers: { Authorization: 's3cret-header', 'X-Team': 's3cret-team' } });
    const { a } = await service.create([{ ...task('a', ''), on_start: action, on_failure: [action] }]);
    await eventually(async () => expect((await service.fail(a)).status).toBe(200));
    const all = await eventually(async () => {
      const { body } = await service.call<{ status: string }[]>('GET', `/webhook-deliveries?task_id=${a}`);
      expect(body.map(({ status }) => status)).toEqual(['success', 'success']);
      return body;
    });
    const full = await service.task(a);
    return { task: full, url, full: JSON.stringify(full), list: JSON.stringify(all) };
  }

  it('is masked by every endpoint if access requires a token, while names and targets are shown', async () => {
    const service = await startService({ AUTH_TOKEN: TOKEN });
    service.token = TOKEN;
    const { task: shown, full, list } = await withSecrets(service);
    expect(full + list).not.toContain('s3cret');
    const url = receiver.url('/secret?key=***&***').replace('//', '//***@');
    const params = { url, verb: 'Post', headers: { Authorization: '***', 'X-Team': '***' } };
    expect(shown.actions).toEqual([
      { kind: 'Webhook', trigger: 'Start', params },
      { kind: 'Webhook', trigger: 'End', params },
    ]);
    expect(list).toContain(url);
    // The call itself carries it.
    const [call] = receiver.received('/secret');
    expect(call.headers).toMatchObject({ authorization: 's3cret-header', 'x-team': 's3cret-team' });
    expect(call.query.get('key')).toBe('s3cret-query');
  });

  it('is left out of lists otherwise if it is a password, while GET /task/{id} shows the action as posted', async () => {
    const service = await startService();
    const { task: shown, url, list } = await withSecrets(service);
    expect(list).not.toContain('s3cret-pass');
    expect(list).toContain('key=s3cret-query');
    expect(JSON.stringify(shown.actions)).toContain(url);
  });

  it('is not in the context of a call, and neither is a token or anything else of the task or its parents', async () => {
    const service = await startService({ AUTH_TOKEN: TOKEN });
    service.token = TOKEN;
    receiver.reply('/context', { body: { status: 'Success', result: 1 } });
    const headers = { Authorization: 's3cret-header' };
    const on_start = { ...webhook(receiver.url('/context?key=s3cret-query'), { headers }), context: true };
    await service.create([task('a', '', { on_start }), task('b', '', { on_start, ...after(['a']) })]);
    const [, call] = await receiver.waitFor(2, '/context');
    const { hookline } = call.body as { hookline: { task: object; parents: { a: object } } };
    const names = ['attempt', 'batch_id', 'id', 'kind', 'local_id', 'metadata', 'name'];
    expect(Object.keys(hookline.task).sort()).toEqual(names);
    const ofParent = ['failure_reason', 'id', 'kind', 'name', 'result', 'status'];
    expect(Object.keys(hookline.parents.a).sort()).toEqual(ofParent);
    expect(call.text).not.toMatch(/s3cret|token|http/);
  });
});

describe('The log', () => {
  useProcesses();
  const database = useDatabase();
  const receiver = useReceiver();

  it('contains no secret of the service or its clients, whatever fails', async () => {
    const service = await ServiceProcess.start({
      DATABASE_URL: database.url,
      LOG_LEVEL: 'trace',
      SLOW_QUERY_THRESHOLD_MS: '0',
      WEBHOOK_MAX_ATTEMPTS: '1',
      AUTH_TOKEN: LOG_TOKEN,
      HANDLE_SECRET: 'l0g-handle-0123456789',
      WEBHOOK_SIGNING_SECRET: SIGNING_SECRET,
    });
    service.token = LOG_TOKEN;
    receiver.reply('/refused', { status: 500, body: { kind: 'Webhook', secret: 'l0g-answer' } });
    receiver.reply('/started', { body: { kind: 'Webhook', params: { url: 'l0g-cancel' } } });
    const gone = startReceiver();
    await gone.close();
    const secrets = { body: { key: 'l0g-body' }, headers: { Authorization: 'Bearer l0g-header' } };
    const actionTo = (to: string) => webhook(to.replace('//', '//user:l0g-pass@') + '?key=l0g-query', secrets);
    const tasks = [receiver.url('/refused'), receiver.url('/started'), gone.url('/gone')].map((to, n) => ({
      ...task(`t${n}`, ''),
      on_start: actionTo(to),
      on_success: [actionTo(gone.url('/gone'))],
      on_failure: [actionTo(receiver.url('/refused'))],
    }));
    const { t0, t1, t2 } = await service.create(tasks);
    const [started] = await receiver.waitFor(1, '/started');
    const handle = new URL(started.query.get('handle')!);
    for (const id of [t0, t2]) await eventually(async () => expect((await service.task(id)).status).toBe('Failure'));
    // Requests that fail in every way, with all kinds of secrets.
    for (const query of [handle.search, `${handle.search}x`, '?token=l0g-guess']) {
      for (const id of [t0, t1, 'l0g-id']) {
        const body = '{"status": "l0g-status", "failure_reason"';
        await fetch(`${service.url}/task/${id}${query}`, {
          method: 'PATCH',
          body,
          headers: { authorization: 'l0g-x' },
        });
      }
    }
    expect((await service.succeed(t1)).status).toBe(200);
    const exhausted = await eventually(async () => {
      const { body } = await service.call<unknown[]>('GET', '/webhook-deliveries?status=exhausted');
      expect(body).toHaveLength(3);
      return body;
    });
    const shown = await Promise.all([t0, t1, t2].map((id) => service.task(id)));
    await service.end('SIGTERM');
    const about = (fault: string) => service.lines.filter(({ message }) => String(message).startsWith(fault));
    const hosts = [receiver, gone].map((one) => new URL(one.url('/')).host).sort();
    for (const fault of ['Start call failed', 'Notification exhausted']) {
      expect([...new Set(about(fault).map(({ host }) => host))].sort()).toEqual(hosts);
    }
    expect(service.log).not.toContain('l0g');
    expect(service.log).not.toContain(handle.searchParams.get('token'));
    expect(service.log).not.toContain(SIGNING_SECRET.slice('whsec_'.length));
    expect(JSON.stringify(exhausted)).not.toContain('l0g');
    expect(JSON.stringify(shown.map(({ failure_reason }) => failure_reason))).not.toContain('l0g');
  });
});
