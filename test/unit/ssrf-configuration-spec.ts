import { ConfigurationError, loadConfig } from '../../src/config/load';
import { TargetPolicy } from '../../src/webhook/ssrf/target-policy';

describe('The configuration of targets', () => {
  const faultsOf = (env: Record<string, string>) => {
    try {
      loadConfig(env);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  it('checks targets in production, and elsewhere only on request', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/hookline' };
    expect(loadConfig({}).ssrf.skip).toBe(true);
    expect(loadConfig({ SKIP_SSRF_VALIDATION: '0' }).ssrf.skip).toBe(false);
    expect(loadConfig(production).ssrf.skip).toBe(false);
    expect(loadConfig({ ...production, SKIP_SSRF_VALIDATION: '1' }).ssrf.skip).toBe(true);
  });

  it('accepts lists with blanks and empty items', () => {
    expect(
      loadConfig({
        BLOCKED_HOSTNAMES: ' a.example ,, B.example,',
        BLOCKED_HOSTNAME_SUFFIXES: '.corp, *.lab,test',
        ALLOWED_HOSTNAMES: 'worker,[::1], fd00::1,127.0.0.1,bücher.example,.svc.cluster.local',
        ALLOWED_CIDRS: '10.0.0.0/8, fd00::/8 ,127.0.0.1/32,192.168.1.10',
      }).ssrf,
    ).toEqual({
      skip: true,
      blockedHostnames: ['a.example', 'B.example'],
      blockedSuffixes: ['corp', 'lab', 'test'],
      allowedHostnames: ['worker', '[::1]', '[fd00::1]', '127.0.0.1', 'bücher.example', '.svc.cluster.local'],
      allowedCidrs: ['10.0.0.0/8', 'fd00::/8', '127.0.0.1/32', '192.168.1.10'],
    });
  });

  it.each<[form: string, env: Record<string, string>, refused: string[], allowed: string[]]>([
    [
      'IPv6 addresses without brackets',
      { BLOCKED_HOSTNAMES: '::1,2606:4700:0::1111', ALLOWED_HOSTNAMES: 'fd00:0::1, ::2' },
      ['::1', '2606:4700::1111', 'fd00::2'],
      ['fd00::1', '::2', '2606:4700::1112'],
    ],
    [
      'IPv6 addresses in brackets',
      { BLOCKED_HOSTNAMES: '[2606:4700::1111]', ALLOWED_HOSTNAMES: '[fd00::1]' },
      ['2606:4700::1111'],
      ['fd00::1'],
    ],
    [
      'domains with a leading dot',
      { ALLOWED_HOSTNAMES: '.svc.cluster.local,.INTRANET', BLOCKED_HOSTNAMES: '.example.com' },
      ['local', 'xsvc.cluster.local', 'cluster.local', 'a..svc.cluster.local', 'example.com', 'a.b.example.com'],
      ['svc.cluster.local', 'a.b.svc.cluster.local', 'wiki.intranet', 'myexample.com'],
    ],
    [
      'nested domains, of which the longest counts, and names in domains',
      {
        ALLOWED_HOSTNAMES: '.corp.example,a.vault.corp.example,.b.vault.corp.example,.same.example',
        BLOCKED_HOSTNAMES: '.vault.corp.example,door.corp.example',
        BLOCKED_HOSTNAME_SUFFIXES: '.example,.same.example,8.8.8.8,[::1]',
      },
      ['x.vault.corp.example', 'vault.corp.example', 'door.corp.example', 'other.example', '::1'],
      ['corp.example', 'x.corp.example', 'a.vault.corp.example', 'x.b.vault.corp.example', 'x.same.example'],
    ],
    [
      'single addresses as ranges',
      { ALLOWED_CIDRS: '192.168.1.10,fd00::10,::ffff:10.0.0.1' },
      ['192.168.1.11', 'fd00::11', '10.0.0.2'],
      ['192.168.1.10', 'fd00::10', '10.0.0.1', '::ffff:c0a8:10a'],
    ],
  ])('accepts %s', (_form, env, refused, allowed) => {
    const policy = new TargetPolicy(loadConfig({ SKIP_SSRF_VALIDATION: '0', ...env }));
    const hosts = [...refused, ...allowed];
    expect(hosts.filter((host) => policy.refuses(host))).toEqual(refused);
  });

  it('trusts names below an allowed domain, whatever they resolve to', () => {
    const policy = new TargetPolicy(loadConfig({ SKIP_SSRF_VALIDATION: '0', ALLOWED_HOSTNAMES: '.svc.cluster.local' }));
    expect(policy.refusesResolved('a.svc.cluster.local', '10.0.0.1')).toBe(false);
    expect(policy.refusesResolved('a.example', '10.0.0.1')).toBe(true);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10/8',
    '010.0.0.0/8',
    '10.0.0/24',
    'fd00::/129',
    '::g/64',
    'localhost/8',
    '10.0.0.0/8;10.1.0.0/16',
    '10.0.0.0/8,nonsense',
    '/8',
  ])('refuses to start with the range %s', (ranges) => {
    expect(faultsOf({ ALLOWED_CIDRS: ranges })).toEqual([
      `ALLOWED_CIDRS must be comma-separated addresses or ranges like 10.1.0.0/16, but is ${JSON.stringify(ranges)}`,
    ]);
  });

  it.each([
    'http://a.example',
    'a.example/x',
    'a.example:8080',
    'u:p@a.example',
    'a b',
    '*.example',
    'a..b',
    '[::1',
    '.[::1]',
    '.10.0.0.1',
    '..example',
    '::g',
    'fe80::1%eth0',
    '.',
  ])('refuses to start with the host %s', (host) => {
    for (const name of ['ALLOWED_HOSTNAMES', 'BLOCKED_HOSTNAMES']) {
      expect(faultsOf({ [name]: `b.example,${host}` })).toEqual([
        expect.stringMatching(
          `^${name} must be comma-separated host names, IP addresses or domains like .a.example, but is `,
        ),
      ]);
    }
  });

  it('refuses patterns for domains, and suggests names for misspelt variables', () => {
    expect(faultsOf({ BLOCKED_HOSTNAME_SUFFIXES: 'a.*.example' })).toHaveLength(1);
    expect(faultsOf({ ALLOWED_CIDR: '10.0.0.0/8', SKIP_SSRF_VALIDATON: '0' })).toEqual([
      'ALLOWED_CIDR is not a variable of this service; did you mean ALLOWED_CIDRS?',
      'SKIP_SSRF_VALIDATON is not a variable of this service; did you mean SKIP_SSRF_VALIDATION?',
    ]);
  });
});
