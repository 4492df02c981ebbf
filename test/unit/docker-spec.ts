import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describeVariables } from '../../src/config/variables';

const FOLDER = 'docker';
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const composeFiles = readdirSync(FOLDER).filter((name) => /^compose.*\.yml$/.test(name));

/** Variables of the images beside the service. */
const OTHERS = /^(POSTGRES_(USER|DB|PASSWORD)|REPLICATION_PASSWORD|PGPASSWORD|GF_[A-Z_]+|PROMETHEUS_URL)$/;
const variables = new Map(describeVariables().map((variable) => [variable.name, variable]));
const defaultOf = (name: string) => Number(variables.get(name)?.default);

interface Container {
  image?: string;
  read_only?: boolean;
  tmpfs?: string[];
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  privileged?: boolean;
  deploy: { resources: { limits: { memory?: string; pids?: number } } };
}

describe.each(composeFiles)('docker/%s', (file) => {
  // Docker ignores comments.
  const text = read(file).replace(/^\s*#.*$/gm, '');

  it('sets and reads only known variables', () => {
    const set = [...text.matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name);
    const taken = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect(set).toEqual(expect.arrayContaining(['DATABASE_URL', 'HOST_URL']));
    expect([...set, ...taken].filter((name) => !variables.has(name) && !OTHERS.test(name))).toEqual([]);
  });

  it('gives a process enough time to stop', () => {
    const [, secs] = /image: hookline\b[^]*?stop_grace_period: (\d+)s/.exec(text) ?? [];
    expect(Number(secs)).toBeGreaterThan(defaultOf('WEBHOOK_TIMEOUT_SECS') + 5);
  });

  it('confines every container, and limits its resources', () => {
    const { services } = parse(read(file), { merge: true }) as { services: Record<string, Container> };
    for (const [name, container] of Object.entries(services)) {
      const { read_only, tmpfs, cap_drop, cap_add, security_opt, privileged } = container;
      expect({ name, read_only, cap_drop, cap_add, security_opt, privileged }).toEqual({
        ...{ name, read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
      });
      expect(tmpfs).toContain('/tmp');
      const { pids, memory } = container.deploy.resources.limits;
      expect(pids).toBeGreaterThan(0);
      // A database beside replicas may use what they leave.
      if (!(container.image?.startsWith('postgres:') && file.includes('replicas'))) expect(memory).toMatch(/^\d+[MG]$/);
    }
  });

  it('opens ports to this machine only', () => {
    const ports = [...text.matchAll(/^\s+- '([\d.:-]*:\d+)'$/gm)].map(([, port]) => port);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('mounts and builds only existing files', () => {
    const mounted = [...text.matchAll(/- \.\/(\S+?):\//g)].map(([, path]) => path);
    for (const path of mounted) expect(read(path)).not.toBe('');
    for (const [, path] of text.matchAll(/dockerfile: docker\/(\S+)/g)) expect(read(path)).not.toBe('');
    for (const [, path] of text.matchAll(/dockerfile: (\w+\.Dockerfile)/g))
      expect(read(`replicas/${path}`)).not.toBe('');
  });

  it('needs fewer connections than PostgreSQL has by default', () => {
    const [, replicas = '1'] = /replicas: (\d+)/.exec(text) ?? [];
    expect(Number(replicas) * (defaultOf('POOL_MAX_SIZE') + 1)).toBeLessThan(100);
  });
});

describe('The load balancer', () => {
  const text = read('replicas/haproxy.cfg');

  it('checks readiness on the port that the service listens on', () => {
    expect(text).toContain('uri /ready');
    const servers = [...text.matchAll(/server-template \w+ \d+ \w+:(\d+)/g)].map(([, port]) => Number(port));
    expect(new Set(servers)).toEqual(new Set([defaultOf('PORT')]));
  });

  it('lets all replicas of one half stand in for the other half, not only the first', () => {
    expect(text).toMatch(/ backup$/m);
    expect(text).toMatch(/^ +option allbackups$/m);
  });

  it('logs paths and no queries, which may hold the token of a handle', () => {
    expect(text).not.toMatch(/^ *option (httplog|httpslog)/m);
    const [, format] = /^ *log-format "(.*)"$/m.exec(text)!;
    expect(format).toContain('%{+Q}HPO');
    // Neither the request line, the URI or its query, nor any sample that could fetch them.
    expect(format).not.toMatch(/%(?:\{[^}]*\})?(?:r|HU|HQ|HP|hrl|hsl|\[.*)(?![A-Za-z])/);
  });

  it('repeats no request that may have been received', () => {
    expect(/retry-on (.*)/.exec(text)?.[1]).toBe('conn-failure');
  });
});

describe('Prometheus', () => {
  it('scrapes the service by name and port, as the job that the alerts name', () => {
    const { scrape_configs, rule_files } = parse(read('prometheus/prometheus.yml')) as {
      scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
      rule_files: string[];
    };
    const [{ job_name, dns_sd_configs }] = scrape_configs;
    const { services } = parse(read('compose.yml')) as { services: Record<string, object> };
    expect(services).toHaveProperty(dns_sd_configs[0].names[0]);
    expect(dns_sd_configs[0].port).toBe(defaultOf('PORT'));
    expect(read(`prometheus/${rule_files[0]}`)).toContain(`job="${job_name}"`);
  });

  it('reads its token from the file that compose writes', () => {
    const [, file] = /credentials_file: (\S+)/.exec(read('prometheus/prometheus.yml'))!;
    expect(read('compose.yml')).toContain(`>${file} `);
  });
});

describe('The pooler', () => {
  const text = read('replicas/pgbouncer.ini');

  it('supports named statements, and accepts statement_timeout, which it sets itself beside jit = off', () => {
    expect(Number(/^max_prepared_statements = (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(200);
    expect(text).toMatch(/^ignore_startup_parameters = statement_timeout$/m);
    const [, ms] = /SET statement_timeout = (\d+)/.exec(text) ?? [];
    expect(Number(ms)).toBe(defaultOf('STATEMENT_TIMEOUT_SECS') * 1000);
    expect(text).toMatch(/connect_query='.*; SET jit = off'/);
  });
});

describe('The image', () => {
  const text = read('Dockerfile');

  it('runs a supported version of Node, as a user without privileges', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    const [, major] = /(\d+)/.exec(engines.node)!;
    const used = [...text.matchAll(/^FROM node:(\d+)/gm)].map(([, found]) => Number(found));
    expect(new Set(used).size).toBe(1);
    expect(used[0]).toBeGreaterThanOrEqual(Number(major));
    expect(text).toMatch(/^USER [1-9]\d*$/m);
  });

  it('copies every workspace wherever packages are installed', () => {
    const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8')) as { workspaces: string[] };
    const stages = text.split(/^FROM /m).filter((stage) => /^RUN npm ci/m.test(stage));
    expect(stages).toHaveLength(2);
    for (const stage of stages)
      for (const workspace of workspaces) expect(stage).toContain(`COPY ${workspace}/package.json ${workspace}/\n`);
  });

  it('copies only files that exist', () => {
    for (const [, files] of text.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
      expect(files.split(' ').filter((path) => !existsSync(path))).toEqual([]);
  });
});
