import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { describeVariables } from '../../src/config/variables';
import { blocksOf } from '../docs/page';

const CHART = resolve('deploy/helm/hookline');
const CHECK = resolve('deploy/helm/check');
const BUILD_MS = 600_000;

interface Result {
  readonly manifests: any[];
  readonly faults: string[];
}

const config = { HOST_URL: 'http://hookline' };
const minimal = { config, existingSecret: 'ours' };
const [example] = blocksOf('docs/kubernetes.md').filter(({ language }) => language === 'yaml');

const ACCEPTED: Record<string, object> = {
  'a Secret that exists': minimal,
  'secrets of its own': {
    config: { ...config, PAYLOAD_MAX_BYTES: 10_000_000 },
    secrets: { DATABASE_URL: 'postgres://h/d' },
  },
  'a longer timeout': { ...minimal, config: { ...config, WEBHOOK_TIMEOUT_SECS: 60, PORT: 9000 } },
  everything: {
    ...minimal,
    image: { repository: 'registry/hookline', tag: '1', pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'registry' }],
    extraEnv: [{ name: 'AUTH_TOKEN', valueFrom: { secretKeyRef: { name: 'tokens', key: 'first' } } }],
    extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/ca', readOnly: true }],
    autoscaling: { enabled: true },
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, tokenSecret: { name: 'tokens', key: 'first' } },
    networkPolicy: {
      enabled: true,
      from: [{ namespaceSelector: {} }],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 5432 }] }],
    },
    nodeSelector: { disk: 'fast' },
    tolerations: [{ key: 'ours', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
  },
  'the example of the page': parse(example.text) as object,
};

const REFUSED: [values: object, fault: RegExp][] = [
  [{ existingSecret: 'ours' }, /missing property 'HOST_URL'/],
  [{ config: { HOST_URL: 'hookline' }, existingSecret: 'ours' }, /HOST_URL.*does not match pattern/],
  [{ config }, /set existingSecret, or secrets.DATABASE_URL/],
  [{ ...minimal, secrets: { DATABASE_URL: 'postgres://h/d' } }, /existingSecret and secrets are both set/],
  [{ ...minimal, config: { ...config, AUTH_TOKEN: 'in everybody’s sight' } }, /'not' failed/],
  [{ ...minimal, replica: 3 }, /additional properties 'replica' not allowed/],
  [{ ...minimal, replicas: 0 }, /minimum: got 0, want 1/],
  [{ ...minimal, serviceMonitor: { tokenSecret: { name: 'ours' } } }, /'key' required/],
  // Not in the schema of the chart: what Kubernetes accepts there is its own matter.
  [{ ...minimal, extraVolumes: [{ name: 'a', secret: { secretname: 'a' } }] }, /unknown field.*secretname/],
];

/** Tells whether Go is there, in a version that Helm's packages accept. */
function hasGo(): boolean {
  try {
    execFileSync('go', ['list', '-m'], { cwd: CHECK, stdio: 'ignore', env: { ...process.env, GOTOOLCHAIN: 'local' } });
    return true;
  } catch {
    console.warn('The Helm chart is not checked: that needs the Go of deploy/helm/check/go.mod.');
    return false;
  }
}

const describe = hasGo() ? globalThis.describe : globalThis.describe.skip;

describe('The Helm chart', () => {
  let results: Record<string, Result>;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-helm-'));
    try {
      const program = join(folder, 'check');
      // The packages take half as long to compile without optimizations.
      const quick = ['-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w'];
      await promisify(execFile)('go', ['build', ...quick, '-o', program], { cwd: CHECK });
      const checking = promisify(execFile)(program, [CHART], { maxBuffer: 1 << 26 });
      checking.child.stdin!.end(
        JSON.stringify({ ...ACCEPTED, ...Object.fromEntries(REFUSED.map(([set], i) => [i, set])) }),
      );
      results = JSON.parse((await checking).stdout) as Record<string, Result>;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, BUILD_MS);

  const of = (set: string, kind: string) => results[set].manifests.filter((manifest) => manifest.kind === kind);
  const pods = (set: string) => [...of(set, 'Deployment'), ...of(set, 'Job')].map(({ spec }) => spec.template.spec);

  it.each(Object.keys(ACCEPTED))('renders manifests that Kubernetes knows, with %s', (set) => {
    expect(results[set].faults).toEqual([]);
    const optional = ['HorizontalPodAutoscaler', 'NetworkPolicy', 'ServiceMonitor'];
    const kinds = new Set(results[set].manifests.map(({ kind }) => kind as string));
    for (const kind of ['ConfigMap', 'Deployment', 'Job', 'PodDisruptionBudget', 'Service'])
      expect(kinds).toContain(kind);
    if (set === 'everything') for (const kind of optional) expect(kinds).toContain(kind);
    if (set === 'a Secret that exists') for (const kind of [...optional, 'Secret']) expect(kinds).not.toContain(kind);
  });

  it.each(REFUSED.map(([set, fault], i) => [JSON.stringify(set), fault, i] as const))('refuses %s', (_, fault, i) => {
    expect(results[i].faults.join('\n')).toMatch(fault);
  });

  it.each(Object.keys(ACCEPTED))('confines every container, with %s', (set) => {
    for (const { containers, ...pod } of pods(set)) {
      // Any account can be assigned, as long as it is not root.
      expect(pod.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      // Variables of a Service called worker would stop the start.
      expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      for (const { securityContext, resources, volumeMounts } of containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(resources.limits.memory).toMatch(/^\d+Mi$/);
        for (const { name } of volumeMounts) expect(pod.volumes).toContainEqual(expect.objectContaining({ name }));
      }
    }
  });

  it.each(Object.keys(ACCEPTED))('refers only to what exists, with %s', (set) => {
    const [deployment] = of(set, 'Deployment');
    const [job] = of(set, 'Job');
    const { labels } = deployment.spec.template.metadata;
    const matching = (selector: object) => [
      expect(labels).toMatchObject(selector),
      expect(job.spec.template.metadata.labels).not.toMatchObject(selector),
    ];
    matching(deployment.spec.selector.matchLabels);
    for (const service of of(set, 'Service')) matching(service.spec.selector);
    for (const { spec } of of(set, 'PodDisruptionBudget')) matching(spec.selector.matchLabels);
    for (const { spec } of of(set, 'NetworkPolicy')) matching(spec.podSelector.matchLabels);
    for (const { labelSelector } of deployment.spec.template.spec.topologySpreadConstraints)
      matching(labelSelector.matchLabels);
    for (const { spec } of of(set, 'ServiceMonitor'))
      expect(of(set, 'Service')[0].metadata.labels).toMatchObject(spec.selector.matchLabels);
    for (const { spec } of of(set, 'HorizontalPodAutoscaler'))
      expect(spec.scaleTargetRef.name).toBe(deployment.metadata.name);

    const known = ['ours', ...[...of(set, 'Secret'), ...of(set, 'ConfigMap')].map(({ metadata }) => metadata.name)];
    for (const { containers } of pods(set))
      for (const { secretRef, configMapRef } of containers[0].envFrom)
        expect(known).toContain((secretRef ?? configMapRef).name);
  });

  it.each(Object.keys(ACCEPTED))('migrates before anything of the release exists, with %s', (set) => {
    const hooks = results[set].manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook']);
    const [job] = of(set, 'Job');
    expect(hooks).toContain(job);
    const [container] = job.spec.template.spec.containers;
    expect(container.command).toEqual(['node', 'dist/src/migrate.js']);
    expect(existsSync('src/migrate.ts')).toBe(true);
    const later = of(set, 'Secret').filter((secret) => !hooks.includes(secret));
    const [{ secretRef }] = container.envFrom;
    expect(later.map(({ metadata }) => metadata.name)).not.toContain(secretRef.name);
    const secret = hooks.find(({ kind }) => kind === 'Secret');
    if (secret) expect(Number(secret.metadata.annotations['helm.sh/hook-weight'])).toBeLessThan(0);
    // The variables are those of the service.
    const values = Object.fromEntries(
      container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    expect(values).toMatchObject(of(set, 'ConfigMap')[0].data);
  });

  it('passes on numbers as they were written', () => {
    expect(of('secrets of its own', 'ConfigMap')[0].data.PAYLOAD_MAX_BYTES).toBe('10000000');
  });

  const defaultOf = (name: string) => Number(describeVariables().find((variable) => variable.name === name)!.default);

  it.each([
    ['a Secret that exists', defaultOf('WEBHOOK_TIMEOUT_SECS'), defaultOf('PORT')],
    ['a longer timeout', 60, 9000],
  ])('probes the service, and gives it time to stop, with %s', (set, timeoutSecs, port) => {
    const [{ containers, terminationGracePeriodSeconds }] = pods(set);
    const [{ ports, lifecycle, ...probed }] = containers;
    expect(ports).toEqual([{ name: 'http', containerPort: port }]);
    const [, pauseSecs] = lifecycle.preStop.exec.command;
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(timeoutSecs + 20 + Number(pauseSecs));
    const paths = ['startup', 'liveness', 'readiness'].map((probe) => probed[`${probe}Probe`].httpGet);
    expect(paths).toEqual(['/live', '/live', '/ready'].map((path) => ({ path, port: 'http' })));
  });

  it('scales no further than the connections of a PostgreSQL as it is installed', () => {
    const [{ spec }] = of('everything', 'HorizontalPodAutoscaler');
    const surge = of('everything', 'Deployment')[0].spec.strategy.rollingUpdate.maxSurge;
    expect((spec.maxReplicas + surge) * (defaultOf('POOL_MAX_SIZE') + 2)).toBeLessThan(100 - 3);
    expect(of('everything', 'Deployment')[0].spec).not.toHaveProperty('replicas');
  });

  it('is scraped as the job that the alerts name', () => {
    const [{ spec }] = of('everything', 'ServiceMonitor');
    const job = of('everything', 'Service')[0].metadata.labels[spec.jobLabel];
    expect(readFileSync('docker/prometheus/alerts.yml', 'utf8')).toContain(`job="${job}"`);
    expect(spec.endpoints).toMatchObject([{ port: 'http', path: '/metrics' }]);
  });

  it('is of the version of the service, and its schema has all of its values', () => {
    const read = (name: string) => parse(readFileSync(join(CHART, name), 'utf8'));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(read('Chart.yaml').appVersion).toBe(version);
    const schema = Object.keys(read('values.schema.json').properties).filter((name) => name !== 'global');
    expect(Object.keys(read('values.yaml'))).toEqual(schema);
  });
});
