import { resolve } from 'node:path';
import { startReplica, startService, useReceiver } from '../support/fixture';
import { eventually } from '../support/poll';
import { ServiceProcess, useProcesses } from '../support/process';
import { concurrency } from '../support/rules';
import { after, type Service, task } from '../support/service';

const FAILPOINT = resolve('test/faults/harness/failpoint.cjs');
/** Far less than a replica may stay frozen, and enough on a busy machine. */
const SECONDS = { timeoutMs: 25_000 };
const RULES = [concurrency('ruled', 1000, ['group'])];
const FROZEN = `
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'hookline' AND state = 'idle in transaction'
    AND now() - state_change > interval '300 ms'`;

describe('A replica that is frozen in a transaction', () => {
  useProcesses();
  const receiver = useReceiver();
  let service: Service;
  beforeEach(async () => {
    service = await startService({ WORKER_ENABLED: '0' });
  });
  afterEach(() => ServiceProcess.killAll());

  const freezing = (point: string, env: Record<string, string> = {}) =>
    ServiceProcess.start(
      { DATABASE_URL: service.databaseUrl, ...env, FAILPOINT: `freeze:${point}:1` },
      { preload: FAILPOINT },
    );
  const isFrozen = (frozen: ServiceProcess) =>
    eventually(async () => {
      expect(frozen.ended).toBe(false);
      expect(await service.query(FROZEN)).not.toEqual([]);
    });
  const is = (id: string, status: string) =>
    eventually(async () => expect(await service.task(id)).toMatchObject({ status }), SECONDS);
  const calls = (path: string) => receiver.received(path).map(({ headers }) => headers['idempotency-key']);

  it('does not delay reports to others on the same tasks, and continues when it wakes up', async () => {
    await startReplica(service);
    const { parent, child, more } = await service.create([
      task('parent', receiver.url('/parent')),
      task('child', receiver.url('/child'), after(['parent'])),
      task('more', receiver.url('/more')),
    ]);
    for (const id of [parent, more]) await is(id, 'Running');
    const frozen = await freezing('dag-lock-with-children', { WORKER_ENABLED: '0' });
    const lost = frozen.succeed(parent);
    await isFrozen(frozen);
    await eventually(async () => expect((await service.succeed(parent)).status).toBe(200), SECONDS);
    await is(child, 'Running');
    frozen.signal('SIGCONT');
    const { status, headers } = await lost;
    expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]/)]);
    expect(calls('/child')).toEqual([`${child}:start`]);
    await eventually(async () => expect((await frozen.succeed(more)).status).toBe(200));
    expect(frozen.ended).toBe(false);
  });

  it('does not delay starts by others under the same rules, and continues when it wakes up', async () => {
    const frozen = await freezing('rules-lock-kinds');
    const ruled = { kind: 'ruled', metadata: { group: 1 }, rules: RULES };
    const { a } = await service.create([task('a', receiver.url('/a'), ruled)]);
    await isFrozen(frozen);
    const other = await startReplica(service);
    const { b } = await service.create([task('b', receiver.url('/b'), ruled)]);
    for (const id of [a, b]) await is(id, 'Running');
    frozen.signal('SIGCONT');
    await eventually(async () => expect((await frozen.call('GET', '/ready')).status).toBe(200));
    await other.stop();
    const { c } = await service.create([task('c', receiver.url('/c'), ruled)]);
    await is(c, 'Running');
    expect([calls('/a'), calls('/b'), calls('/c')]).toEqual([[`${a}:start`], [`${b}:start`], [`${c}:start`]]);
  });
});
