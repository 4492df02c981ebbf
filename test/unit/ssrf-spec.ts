import type { LookupAddress } from 'node:dns';
import { getDefaultAutoSelectFamily, isIPv6, setDefaultAutoSelectFamily } from 'node:net';
import { loadConfig } from '../../src/config/load';
import { startAnswerOf } from '../../src/task/start/start-answer';
import { type Resolve, TargetRefused } from '../../src/webhook/ssrf/guarded-connector';
import { TargetPolicy } from '../../src/webhook/ssrf/target-policy';
import { WebhookTransport } from '../../src/webhook/transport';
import { Receiver } from '../support/receiver';
import { webhook } from '../support/service';

const policyOf = (env: Record<string, string> = {}) =>
  new TargetPolicy(loadConfig({ SKIP_SSRF_VALIDATION: '0', ...env }));

/** Resolves names to these lists of addresses in turn, repeats the last one, and records the names. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const resolve: Resolve = (hostname, _options, callback) => {
    const addresses = answers[Math.min(asked.push(hostname), answers.length) - 1];
    const found = addresses.map((address): LookupAddress => ({ address, family: isIPv6(address) ? 6 : 4 }));
    process.nextTick(callback, null, found);
  };
  return { resolve, asked };
}

describe('A resolved address', () => {
  const policy = policyOf({ ALLOWED_HOSTNAMES: 'trusted.example.com', ALLOWED_CIDRS: '10.1.0.0/16,fe80::/10' });

  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.2.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '::',
    '::1',
    '::1%lo',
    'fd00::1',
    'ff02::1%eth0',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '',
    'localhost',
    'fd00::1%eth0.100',
    '2606:4700::1%',
    '1.2.3.4.5',
  ])('"%s" is refused', (address) => {
    expect(policy.refusesResolved('hook.example.com', address)).toBe(true);
    expect(policy.refusesResolved('trusted.example.com', address)).toBe(false);
  });

  test.each(['8.8.8.8', '2606:4700:4700::1111', '64:ff9b::808:808', '10.1.255.255', '::ffff:10.1.0.1', 'fe80::1%eth0'])(
    '"%s" is allowed',
    (address) => expect(policy.refusesResolved('hook.example.com', address)).toBe(false),
  );
});

describe('The transport', () => {
  const NAME = 'hook.example.com';
  let receiver: Receiver;
  const transports: WebhookTransport[] = [];
  beforeAll(() => {
    receiver = new Receiver();
    receiver.reply('/closing', { headers: { connection: 'close' } });
  });
  afterAll(async () => {
    await Promise.all(transports.map((transport) => transport.onApplicationShutdown()));
    await receiver.close();
  });

  /** Allows the address of the receiver, and not its neighbours. */
  function transportWith({ resolve }: { resolve: Resolve }, env: Record<string, string> = {}) {
    const transport = new WebhookTransport(policyOf({ ALLOWED_CIDRS: '127.0.0.1/32', ...env }), resolve);
    transports.push(transport);
    return transport;
  }
  const call = async (transport: WebhookTransport, path: string, host = NAME, scheme = 'http:') => {
    const origin = receiver.url('').replace('127.0.0.1', host).replace('http:', scheme);
    const { status } = await transport.send({
      origin,
      path,
      method: 'GET',
      headers: {},
      timeoutMs: 5000,
      maxAnswerBytes: 1024,
    });
    return status;
  };
  const refused = (attempt: Promise<unknown>) => expect(attempt).rejects.toThrow(TargetRefused);

  it('connects to the address of a name if it is allowed', async () => {
    const dns = resolver(['127.0.0.1']);
    expect(await call(transportWith(dns), '/')).toBe(200);
    expect(dns.asked).toEqual([NAME]);
  });

  it.each(['http:', 'https:'])('refuses a name with an internal address over %s', async (scheme) => {
    await refused(call(transportWith(resolver(['127.0.0.2'])), '/inside', NAME, scheme));
    expect(receiver.received('/inside')).toEqual([]);
  });

  it('decides by the address about a name without a dot, if internal addresses are allowed at all', async () => {
    const transport = transportWith(resolver(['127.0.0.1'], ['127.0.0.2']));
    expect(await call(transport, '/closing', 'worker')).toBe(200);
    await refused(call(transport, '/closing', 'worker'));
    await refused(call(transportWith(resolver(['127.0.0.1']), { ALLOWED_CIDRS: '' }), '/closing', 'worker'));
  });

  it.each([
    { addresses: ['127.0.0.1', '10.0.0.1'] },
    { addresses: ['10.0.0.1', '127.0.0.1'] },
    { addresses: ['127.0.0.1', '8.8.8.8', '::1'] },
    { addresses: ['::ffff:10.0.0.1', '127.0.0.1'] },
  ])('refuses a name with one internal address among others: $addresses', async ({ addresses }) => {
    await refused(call(transportWith(resolver(addresses)), '/one-of-several'));
    expect(receiver.received('/one-of-several')).toEqual([]);
  });

  it('refuses a name as soon as its address is refused, and accepts it again afterwards', async () => {
    const dns = resolver(['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1']);
    const transport = transportWith(dns);
    expect(await call(transport, '/closing')).toBe(200);
    await refused(call(transport, '/closing'));
    expect(await call(transport, '/closing')).toBe(200);
    expect(dns.asked).toHaveLength(3);
  });

  it('resolves a name once for a connection, so that there is no second answer', async () => {
    const dns = resolver(['127.0.0.1'], ['127.0.0.2']);
    expect(await call(transportWith(dns), '/closing')).toBe(200);
    expect(dns.asked).toHaveLength(1);
  });

  it('does not resolve again for a kept connection', async () => {
    const dns = resolver(['127.0.0.1']);
    const transport = transportWith(dns);
    for (let calls = 0; calls < 50; calls++) expect(await call(transport, '/kept')).toBe(200);
    expect(dns.asked.length).toBeLessThan(10);
  });

  it.each(['127.0.0.2', '[::1]', '[::ffff:127.0.0.2]', '2130706434', '127.0.0.2.', 'localhost', 'a.internal.'])(
    'refuses %s without resolving it',
    async (host) => {
      const dns = resolver(['127.0.0.1']);
      await refused(call(transportWith(dns), '/by-itself', host));
      expect(dns.asked).toEqual([]);
      expect(receiver.received('/by-itself')).toEqual([]);
    },
  );

  it.each<Record<string, string>>([{ ALLOWED_HOSTNAMES: 'localhost' }, { SKIP_SSRF_VALIDATION: '1' }])(
    'connects wherever a name leads with %j',
    async (env) => {
      const dns = resolver(['127.0.0.1'], ['127.0.0.1']);
      const transport = transportWith(dns, { ALLOWED_CIDRS: '', ...env });
      expect(await call(transport, '/trusted', 'localhost')).toBe(200);
      expect(await call(transport, '/trusted', 'LOCALHOST.')).toBe(200);
    },
  );

  it('passes on the error of an unknown name', async () => {
    const missing = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const resolve: Resolve = (_hostname, _options, callback) => process.nextTick(callback, missing, []);
    await expect(call(transportWith({ resolve }), '/')).rejects.toBe(missing);
  });

  it('sends nothing by the methods that it inherits, which know no policy', async () => {
    const { axiosRef } = transportWith(resolver(['127.0.0.1']));
    await expect(axiosRef.get(receiver.url('/inherited'))).rejects.toThrow('Only send() may call webhooks');
    expect(receiver.received('/inherited')).toEqual([]);
  });

  it('checks addresses that are tried one at a time, too', async () => {
    const before = getDefaultAutoSelectFamily();
    setDefaultAutoSelectFamily(false);
    try {
      expect(await call(transportWith(resolver(['127.0.0.1'])), '/')).toBe(200);
      await refused(call(transportWith(resolver(['127.0.0.1', '127.0.0.2'])), '/'));
    } finally {
      setDefaultAutoSelectFamily(before);
    }
  });

  it('uses the system resolver by default', async () => {
    const transport = new WebhookTransport(policyOf({ ALLOWED_HOSTNAMES: 'localhost' }));
    transports.push(transport);
    expect(await call(transport, '/', 'localhost')).toBe(200);
  });
});

describe('Cancel actions in a start answer', () => {
  it('are dropped and reported if they lead to an internal host', () => {
    const [inside, outside] = [webhook('http://127.1/'), webhook('https://example.com/')];
    const reports: string[] = [];
    const { onCancel } = startAnswerOf({ id: 'id', attempt: 1 }, [inside, outside], policyOf(), 20, (fault) =>
      reports.push(fault),
    );
    expect(onCancel).toEqual([outside]);
    expect(reports).toEqual(['A cancel action was dropped: params.url: must not point to a private or internal host']);
  });
});
