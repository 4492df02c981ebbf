import { startReceiver, startReplica, useReceiver, useService } from '../support/fixture';
import { NO_TARGETS } from '../support/no-targets';
import { eventually } from '../support/poll';
import { useReplicas } from '../support/replicas';
import { task, webhook } from '../support/service';
import { INSIDE, OUTSIDE } from '../support/targets';

const FAULT = 'must not point to a private or internal host';
const REFUSED = 'Webhook address is not allowed';

const named = (urls: string[]) => urls.map((url) => ({ url, name: JSON.stringify(url) }));

describe('An action of a creation', () => {
  // Without workers, so that no accepted action is called.
  const STRICT = { SKIP_SSRF_VALIDATION: '0', WORKER_ENABLED: '0' };
  const service = useService(STRICT);

  const creating = (url: string, to = service) => to.call<{ details: string[] }>('POST', '/task', [task('a', url)]);

  describe.each(Object.entries(INSIDE))('%s', (_, urls) => {
    test.each(named(urls))('to $name is refused', async ({ url }) => {
      const { status, body } = await creating(url);
      expect([status, body.details]).toEqual([400, [`tasks[0].on_start.params.url: ${FAULT}`]]);
    });
  });

  test.each(named(NO_TARGETS))('to $name is refused as no URL of a webhook', async ({ url }) => {
    const { status, body } = await creating(url);
    expect([status, body.details]).toEqual([
      400,
      ['tasks[0].on_start.params.url: must be an absolute http or https URL'],
    ]);
  });

  test.each(named(OUTSIDE))('to $name is allowed', async ({ url }) => {
    const { status, body } = await creating(url);
    expect([status, body.details]).toEqual([201, undefined]);
  });

  it('is checked in every field, and every fault is named', async () => {
    const [inside, outside] = [webhook('http://10.0.0.1/'), webhook('http://example.com/')];
    const { status, body } = await service.call<{ details: string[]; batch_id: string }>('POST', '/task', {
      tasks: [
        task('a', 'http://example.com/', { on_success: [outside, inside], on_failure: [inside, inside], timeout: 0 }),
        task('b', 'http://10.0.0.1/', { on_failure: [outside] }),
      ],
      on_batch_complete: [outside, inside],
    });
    expect([status, body.batch_id]).toEqual([400, expect.any(String)]);
    expect(body.details).toEqual([
      'tasks[0].timeout: must be between 1 and 86400',
      `tasks[0].on_success[1].params.url: ${FAULT}`,
      `tasks[0].on_failure[0].params.url: ${FAULT}`,
      `tasks[0].on_failure[1].params.url: ${FAULT}`,
      `tasks[1].on_start.params.url: ${FAULT}`,
      `on_batch_complete[1].params.url: ${FAULT}`,
    ]);
  });

  test.each([
    { on_start: null },
    { on_start: 'x' },
    { on_start: { kind: 'Webhook' } },
    { on_start: { kind: 'Webhook', params: 5 } },
    { on_start: webhook('http://example.com/'), on_success: [null, 'x', {}] },
    { on_start: webhook('http://example.com/'), on_failure: { 0: webhook('http://localhost/') } },
    { on_start: webhook(['http://localhost/'] as unknown as string) },
  ])('that is malformed is refused as such: %j', async (fields) => {
    const { status, body } = await service.call<object>('POST', '/task', [
      { id: 'a', name: 'a', kind: 'k', ...fields },
    ]);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).not.toContain(FAULT);
  });

  it('that is refused 150 times is answered with at most a hundred faults', async () => {
    const tasks = Array.from({ length: 150 }, (_, i) => task(`t${i}`, 'http://10.0.0.1/'));
    const { status, body } = await service.call<{ details: string[] }>('POST', '/task', tasks);
    expect([status, body.details.length, body.details.at(-1)]).toEqual([400, 101, 'and 50 more']);
  });

  it('to any host is allowed with SKIP_SSRF_VALIDATION', async () => {
    const lax = await startReplica(service, { ...STRICT, SKIP_SSRF_VALIDATION: '1' });
    for (const url of ['http://localhost/', 'http://169.254.169.254/', 'http://[::1]/'])
      expect((await creating(url, lax)).status).toBe(201);
  });

  it('is refused or allowed as the configuration says', async () => {
    const own = await startReplica(service, {
      ...STRICT,
      BLOCKED_HOSTNAMES: 'Billing.example.com, 8.8.8.8,bücher.example',
      BLOCKED_HOSTNAME_SUFFIXES: '.corp.example,*.staging.example, test.example',
      ALLOWED_HOSTNAMES: 'worker, Vault.internal,a.staging.example,[::1]',
      ALLOWED_CIDRS: '10.1.0.0/16, 127.0.0.2/32,fd00:1::/32',
    });
    const answers = async (...urls: string[]) =>
      Promise.all(urls.map(async (url) => `${(await creating(url, own)).status} ${url}`));
    const refused = [
      'http://billing.example.com/',
      'http://BILLING.example.com./',
      'http://0x08080808/',
      'http://xn--bcher-kva.example/',
      'http://corp.example/',
      'http://db.corp.example/',
      'http://x.y.staging.example/',
      'http://test.example/',
      'http://localhost/',
      'http://wiki.internal/',
      'http://x.vault.internal/',
      'http://10.2.0.1/',
      'http://127.0.0.1/',
      'http://[fd00:2::1]/',
      'http://[::2]/',
    ];
    const allowed = [
      'http://x.billing.example.com/',
      'http://8.8.4.4/',
      'http://notcorp.example/',
      'http://corp.example.com/',
      'http://unlisted:8080/',
      'http://worker:8080/',
      'http://worker./',
      'http://vault.internal/',
      'http://a.staging.example/',
      'http://[0::1]:8080/',
      'http://10.1.2.3/',
      'http://[::ffff:10.1.2.3]/',
      'http://[64:ff9b::10.1.2.3]/',
      'http://127.0.0.2/',
      'http://[fd00:1:2::3]/',
    ];
    expect(await answers(...refused)).toEqual(refused.map((url) => `400 ${url}`));
    expect(await answers(...allowed)).toEqual(allowed.map((url) => `201 ${url}`));
  });
});

describe('A call', () => {
  // `lax` accepts every action, as a replica with a laxer configuration did before.
  const [service, lax] = useReplicas(
    {
      SKIP_SSRF_VALIDATION: '0',
      ALLOWED_HOSTNAMES: 'localhost',
      ALLOWED_CIDRS: '127.0.0.1/32',
      WEBHOOK_MAX_ATTEMPTS: '1',
    },
    { SKIP_SSRF_VALIDATION: '1', WORKER_ENABLED: '0' },
  );
  const receiver = useReceiver();
  /** Returns the URL of the receiver at an allowed or a refused name or address. */
  const at = (host: string, path: string) => receiver.url(path).replace('127.0.0.1', host);

  const ended = (id: string, status: string) =>
    eventually(async () => {
      const found = await service.task(id);
      expect(found.status).toBe(status);
      return found;
    });

  test.each(['localhost', '127.0.0.1', '[::ffff:127.0.0.1]', '2130706433'])(
    'to %s is made if it is allowed',
    async (host) => {
      const { a } = await service.create([task('a', at(host, '/allowed'))]);
      await ended(a, 'Running');
    },
  );

  test.each(['127.0.0.2', '[::1]', '[::ffff:127.0.0.2]', '127.2', 'app.localhost', 'localhost.localdomain'])(
    'to %s fails the task with the reason if it is not allowed',
    async (host) => {
      const { a } = await lax.create([task('a', at(host, '/refused'))]);
      expect((await ended(a, 'Failure')).failure_reason).toBe('on_start webhook failed: address is not allowed');
      expect(receiver.received('/refused')).toEqual([]);
    },
  );

  it('of a notification to an internal address is a failed delivery, and the worker continues', async () => {
    const { a } = await lax.create([
      task('a', at('localhost', '/start'), { on_success: [webhook(at('127.0.0.2', '/told'))] }),
    ]);
    await ended(a, 'Running');
    await service.succeed(a);
    await eventually(async () => {
      const { body } = await service.call<object[]>('GET', `/webhook-deliveries?task_id=${a}&status=exhausted`);
      expect(body).toMatchObject([{ last_error: REFUSED, last_status: null, attempts: 1 }]);
    });
    expect(receiver.received('/told')).toEqual([]);
    const { b } = await service.create([task('b', at('localhost', '/start'))]);
    await ended(b, 'Running');
  });

  it('that is refused does not delay others, however many there are', async () => {
    const inside = Array.from({ length: 300 }, (_, i) => task(`i${i}`, at(`127.0.1.${i % 250}`, '/refused')));
    const ids = await lax.create([...inside, task('good', at('localhost', '/start'))]);
    await ended(ids.good, 'Running');
    await eventually(async () => {
      const { body } = await service.call<{ status_counts: object }>('GET', `/batch/${ids.batch}`);
      expect(body.status_counts).toMatchObject({ failure: 300, running: 1 });
    });
  });

  it('of a cancel action is dropped if it leads to an internal address, while the others are kept', async () => {
    const good = webhook(at('localhost', '/canceled'));
    receiver.reply('/registers', {
      body: [webhook('http://169.254.169.254/latest/'), good, webhook(at('127.0.0.2', '/canceled'))],
    });
    const { a } = await service.create([task('a', at('localhost', '/registers'))]);
    const { actions } = await ended(a, 'Running');
    expect((actions as { trigger: string }[]).filter(({ trigger }) => trigger === 'Cancel')).toEqual([
      { ...good, trigger: 'Cancel' },
    ]);
    await service.call('DELETE', `/task/${a}`);
    await receiver.waitFor(1, '/canceled');
    const { body } = await service.call<{ trigger: string; url: string }[]>('GET', `/webhook-deliveries?task_id=${a}`);
    expect(body.filter(({ trigger }) => trigger === 'cancel').map(({ url }) => url)).toEqual([good.params.url]);
  });

  it('that is redirected to an internal address does not follow the redirect', async () => {
    const inside = startReceiver();
    receiver.reply('/redirects', { status: 307, headers: { location: inside.url('/secret') } });
    const { a } = await service.create([task('a', at('localhost', '/redirects'))]);
    await ended(a, 'Failure');
    expect(inside.received()).toEqual([]);
  });
});
