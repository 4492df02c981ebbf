import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import { NameResolver, type NameResolverOptions } from '../../src/webhook/dns/name-resolver';
import { TargetRefused } from '../../src/webhook/ssrf/guarded-connector';
import { TargetPolicy } from '../../src/webhook/ssrf/target-policy';
import { WebhookTransport } from '../../src/webhook/transport';
import { startReceiver } from '../support/fixture';
import { NameServer } from '../support/name-server';
import { eventually } from '../support/poll';
import type { Receiver } from '../support/receiver';

const HERE = { A: ['127.0.0.1'] };
const FOUND = [{ address: '127.0.0.1', family: 4 }];
const ELSEWHERE = [{ address: '127.0.0.2', family: 4 }];
const V6_LOOPBACK = [...Array<number>(15).fill(0), 1];

describe('The name of a receiver', () => {
  let nameServer: NameServer;
  let folder: string;
  let hostsPath: string;
  let resolvConfPath: string;
  beforeEach(async () => {
    nameServer = await NameServer.start();
    folder = await mkdtemp(join(tmpdir(), 'names-'));
    [hostsPath, resolvConfPath] = [join(folder, 'hosts'), join(folder, 'resolv.conf')];
  });
  afterEach(async () => {
    nameServer.close();
    await rm(folder, { recursive: true });
  });

  const resolverWith = (options: Partial<NameResolverOptions> = {}) =>
    new NameResolver({ hostsPath, resolvConfPath, servers: [nameServer.address], ...options });
  const questions = (family = 'A') =>
    nameServer.asked.filter((each) => each.startsWith(`${family} `)).map((each) => each.slice(family.length + 1));

  describe('in a call', () => {
    let receiver: Receiver;
    beforeEach(() => {
      receiver = startReceiver();
    });
    let transport: WebhookTransport | undefined;
    afterEach(() => transport?.onApplicationShutdown());
    const transportWith = (options: Partial<NameResolverOptions>, env: Record<string, string> = {}) =>
      (transport = new WebhookTransport(new TargetPolicy(loadConfig(env)), resolverWith(options).resolve));
    const call = async (name: string) => {
      const origin = receiver.url('').replace('127.0.0.1', name);
      return (
        await transport!.send({
          origin,
          path: '/',
          method: 'POST',
          headers: {},
          timeoutMs: 10_000,
          maxAnswerBytes: 1024,
        })
      ).status;
    };

    it('delays no other name while it cannot be resolved, and fails alone', async () => {
      transportWith({ longestMs: 3000 });
      const dead = Array.from({ length: 20 }, (_, i) => `dead-${i}.test`);
      const well = Array.from({ length: 20 }, (_, i) => `well-${i}.test`);
      for (const name of dead) nameServer.tell(name, 'silence');
      for (const name of well) nameServer.tell(name, HERE);
      let failed = 0;
      const failures = dead.map((name) =>
        call(name).catch((error: NodeJS.ErrnoException) => {
          failed++;
          return error.code;
        }),
      );
      await eventually(() => expect(questions()).toEqual(expect.arrayContaining(dead)));
      for (let round = 0; round < 3; round++) {
        expect(await Promise.all(well.map(call))).toEqual(well.map(() => 200));
      }
      expect(failed).toBe(0);
      expect(new Set(await Promise.all(failures))).toEqual(new Set(['ETIMEOUT']));
    });

    it('is resolved once for simultaneous calls', async () => {
      transportWith({});
      nameServer.tell('well.test', HERE);
      expect(await Promise.all(Array.from({ length: 50 }, () => call('well.test')))).toEqual(Array(50).fill(200));
      expect(nameServer.asked.sort()).toEqual(['A well.test', 'AAAA well.test']);
    });

    it('reaches nothing that the policy refuses, however it was resolved', async () => {
      await writeFile(hostsPath, '127.0.0.1 local.example.com\n');
      transportWith({}, { SKIP_SSRF_VALIDATION: '0' });
      nameServer.tell('hook.example.com', HERE);
      nameServer.tell('mixed.example.com', { A: ['8.8.8.8'], AAAA: [V6_LOOPBACK] });
      for (const name of ['hook.example.com', 'mixed.example.com', 'local.example.com', 'hook.example.com']) {
        await expect(call(name)).rejects.toThrow(TargetRefused);
      }
      expect(receiver.received()).toEqual([]);
    });
  });

  describe('that was resolved before', () => {
    it.each(['silence', 'failure'] as const)(
      'keeps its addresses while the name server answers with %s',
      async (fault) => {
        const resolver = resolverWith({ freshMs: 0, longestMs: 700 });
        nameServer.tell('well.test', HERE);
        expect(await resolver.find('well.test')).toEqual(FOUND);
        nameServer.tell('well.test', fault);
        for (let i = 0; i < 3; i++) expect(await resolver.find('well.test')).toEqual(FOUND);
        nameServer.tell('well.test', { A: ['127.0.0.2'] });
        await eventually(async () => expect(await resolver.find('well.test')).toEqual(ELSEWHERE));
      },
    );

    it('is not resolved again at once', async () => {
      const resolver = resolverWith();
      nameServer.tell('well.test', HERE);
      for (let i = 0; i < 3; i++) expect(await resolver.find('well.test')).toEqual(FOUND);
      expect(questions()).toEqual(['well.test']);
    });

    it('is no longer found once it is gone', async () => {
      const resolver = resolverWith({ freshMs: 0 });
      // No resolver sends a query for this name.
      await writeFile(hostsPath, '127.0.0.1 gone..test\n');
      expect(await resolver.find('gone..test')).toEqual(FOUND);
      await writeFile(hostsPath, '');
      await expect(resolver.find('gone..test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    });
  });

  it('resolves to one family of addresses while the name server is silent about the other', async () => {
    nameServer.tell('four.test', { ...HERE, AAAA: 'silence' });
    nameServer.tell('six.test', { A: 'silence', AAAA: [V6_LOOPBACK] });
    const resolver = resolverWith();
    expect(await Promise.all([resolver.find('four.test'), resolver.find('six.test')])).toEqual([
      FOUND,
      [{ address: '::1', family: 6 }],
    ]);
  });

  it('resolves to all of its addresses, IPv4 first', async () => {
    nameServer.tell('both.test', { A: ['10.0.0.1', '10.0.0.2'], AAAA: [V6_LOOPBACK] });
    expect((await resolverWith().find('both.test')).map(({ address }) => address)).toEqual(
      expect.arrayContaining(['10.0.0.1', '10.0.0.2', '::1']),
    );
    expect((await resolverWith().find('both.test')).at(-1)).toEqual({ address: '::1', family: 6 });
  });

  it('is read from the newest version of the hosts file, whatever name servers say', async () => {
    const resolver = resolverWith({ freshMs: 0 });
    await writeFile(hostsPath, '# 127.0.0.9 other\n::1 web\n127.0.0.1\tWeb  web.test # a comment\n');
    const both = [...FOUND, { address: '::1', family: 6 }];
    expect(await resolver.find('web')).toEqual(both);
    expect(await resolver.find('WEB.')).toEqual(both);
    expect(await resolver.find('web.test')).toEqual(FOUND);
    await writeFile(hostsPath, '127.0.0.2 web\n');
    expect(await resolver.find('web')).toEqual(ELSEWHERE);
    expect(nameServer.asked).toEqual([]);
  });

  it.each(['localhost', 'localhost.', 'LOCALHOST', 'web.localhost'])('leads to this host if it is %s', async (name) => {
    expect((await resolverWith().find(name)).map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
    expect(nameServer.asked).toEqual([]);
  });

  describe('and resolv.conf:', () => {
    const KUBERNETES = 'search jobs.svc.cluster.local svc.cluster.local cluster.local\noptions timeout:1 ndots:5\n';

    it.each([
      ['of Kubernetes for a service of its own', KUBERNETES, 'web', 'web.jobs.svc.cluster.local', 1],
      ['of Kubernetes for a service of another', KUBERNETES, 'web.shop', 'web.shop.svc.cluster.local', 2],
      ['of Kubernetes for a full name', KUBERNETES, 'web.shop.svc.cluster.local', 'web.shop.svc.cluster.local', 4],
      ['of Kubernetes for a name of the Internet', KUBERNETES, 'hooks.example.com', 'hooks.example.com', 4],
      ['of Kubernetes unless it ends with a dot', KUBERNETES, 'hooks.example.com.', 'hooks.example.com', 1],
      ['of Docker, which is empty', 'options ndots:0\n', 'web', 'web', 1],
      ['of Docker below a domain', 'search corp.test\noptions ndots:0\n', 'web', 'web', 1],
      ['of one domain', 'domain corp.test\n', 'web', 'web.corp.test', 1],
      ['after the name itself, if that has a dot', 'search corp.test\n', 'web.shop', 'web.shop.corp.test', 2],
      ['whose last line counts', 'search a.test\n; search b.test\nsearch c.test d.test\n', 'web', 'web.d.test', 2],
    ])('it is completed by the search list %s', async (_title, resolvConf, name, full, asked) => {
      await writeFile(resolvConfPath, resolvConf);
      nameServer.tell(full, HERE);
      expect(await resolverWith().find(name)).toEqual(FOUND);
      expect(questions()).toHaveLength(asked);
      expect(questions().at(-1)).toBe(full);
    });

    it('it is completed by the newest version of the file', async () => {
      const resolver = resolverWith({ freshMs: 0 });
      nameServer.tell('web.a.test', HERE);
      nameServer.tell('web.bb.test', { A: ['127.0.0.2'] });
      await writeFile(resolvConfPath, 'search a.test\n');
      expect(await resolver.find('web')).toEqual(FOUND);
      await writeFile(resolvConfPath, 'search bb.test\n');
      expect(await resolver.find('web')).toEqual(ELSEWHERE);
    });
  });

  it('is left to the system if no name server knows it', async () => {
    // Only the system resolves this to an address.
    expect(await resolverWith().find('127.1')).toEqual(FOUND);
    expect(questions()).toEqual(['127.1']);
  });
});
