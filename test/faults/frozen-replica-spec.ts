import { resolve } from 'node:path';
import { cloneDatabase, type TestDatabase } from '../support/postgres';
import { eventually } from '../support/poll';
import { BUILD_MS, builtService, ServiceProcess } from '../support/process';
import { Receiver } from '../support/receiver';
import { after, Service, task } from '../support/service';

const FAILPOINT = resolve('test/faults/harness/failpoint.cjs');
/** Far less than a replica may stay frozen, and enough on a busy machine. */
const SECONDS = { timeoutMs: 25_000 };
const RULES = [
  { type: 'Concurrency', max_concurrency: 1000, matcher: { kind: 'ruled', status: 'Running', fields: ['group'] } },
];
const FROZEN = `
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'hookline' AND state = 'idle in transaction'
    AND now() - state_change > interval '300 ms'`;

describe('A replica that is frozen in a transaction', () => {
  beforeAll(builtService, BUILD_MS);
  let database: TestDatabase;
  let receiver: Receiver;
  let service: Service;
  let other: Service | undefined;
  beforeEach(async () => {
    database = await cloneDatabase();
    receiver = await Receiver.start();
    service = await Service.start({ WORKER_ENABLED: '0' }, database.url);
  });
  afterEach(async () => {
    await other?.stop();
    other = undefined;
    await service.stop();
    await ServiceProcess.killAll();
    await receiver.close();
    await database.drop();
  });

  const freezing = (point: string, env: Record<string, string> = {}) =>
    ServiceProcess.start(
      { DATABASE_URL: database.url, ...env, FAILPOINT: `freeze:${point}:1` },
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
    other = await service.replica();
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
    other = await service.replica();
    const { b } = await service.create([task('b', receiver.url('/b'), ruled)]);
    for (const id of [a, b]) await is(id, 'Running');
    frozen.signal('SIGCONT');
    await eventually(async () => expect((await frozen.call('GET', '/ready')).status).toBe(200));
    await other.stop();
    other = undefined;
    const { c } = await service.create([task('c', receiver.url('/c'), ruled)]);
    await is(c, 'Running');
    expect([calls('/a'), calls('/b'), calls('/c')]).toEqual([[`${a}:start`], [`${b}:start`], [`${c}:start`]]);
  });
});
