import { ConfigurationError, loadConfig } from '../../src/config/load';

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

  it('checks targets in production, and elsewhere only if told so', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/hookline' };
    expect(loadConfig({}).ssrf.skip).toBe(true);
    expect(loadConfig({ SKIP_SSRF_VALIDATION: '0' }).ssrf.skip).toBe(false);
    expect(loadConfig(production).ssrf.skip).toBe(false);
    expect(loadConfig({ ...production, SKIP_SSRF_VALIDATION: '1' }).ssrf.skip).toBe(true);
  });

  it('takes lists with blanks and empty places', () => {
    expect(
      loadConfig({
        BLOCKED_HOSTNAMES: ' a.example ,, B.example,',
        BLOCKED_HOSTNAME_SUFFIXES: '.corp, *.lab,test',
        ALLOWED_HOSTNAMES: 'worker,[::1],127.0.0.1,bücher.example',
        ALLOWED_CIDRS: '10.0.0.0/8, fd00::/8 ,127.0.0.1/32',
      }).ssrf,
    ).toEqual({
      skip: true,
      blockedHostnames: ['a.example', 'B.example'],
      blockedSuffixes: ['corp', 'lab', 'test'],
      allowedHostnames: ['worker', '[::1]', '127.0.0.1', 'bücher.example'],
      allowedCidrs: ['10.0.0.0/8', 'fd00::/8', '127.0.0.1/32'],
    });
  });

  it.each([
    '10.0.0.0',
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
      `ALLOWED_CIDRS must be ranges like 10.1.0.0/16 with commas between them, but is ${JSON.stringify(ranges)}`,
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
    '.',
  ])('refuses to start with the host %s', (host) => {
    for (const name of ['ALLOWED_HOSTNAMES', 'BLOCKED_HOSTNAMES']) {
      expect(faultsOf({ [name]: `b.example,${host}` })).toEqual([
        expect.stringMatching(`^${name} must be host names with commas between them, but is `),
      ]);
    }
  });

  it('takes no patterns for domains, and knows misspelt names', () => {
    expect(faultsOf({ BLOCKED_HOSTNAME_SUFFIXES: 'a.*.example' })).toHaveLength(1);
    expect(faultsOf({ ALLOWED_CIDR: '10.0.0.0/8', SKIP_SSRF_VALIDATON: '0' })).toEqual([
      'ALLOWED_CIDR is not a variable of this service; did you mean ALLOWED_CIDRS?',
      'SKIP_SSRF_VALIDATON is not a variable of this service; did you mean SKIP_SSRF_VALIDATION?',
    ]);
  });
});
