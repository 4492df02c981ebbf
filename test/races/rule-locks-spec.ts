import { Client } from 'pg';
import { ADVISORY_LOCKS } from '../../src/database/advisory-locks';
import { useReceiver, useService } from '../support/fixture';
import { untilRunning } from '../support/graph';
import { concurrency } from '../support/rules';
import { idsOf, task } from '../support/service';

const SLOTS = 8;

describe('While a transaction holds the lock of a kind with rules,', () => {
  let holder: Client;
  afterAll(() => holder.end());
  const receiver = useReceiver();
  const service = useService({
    WORKER_LOOP_INTERVAL_MS: '3600000',
    WORKER_WEBHOOK_CONCURRENCY: String(SLOTS),
  });
  beforeAll(async () => {
    holder = new Client({ connectionString: service.databaseUrl });
    await holder.connect();
  });
  beforeEach(() => holder.query('BEGIN'));
  afterEach(() => holder.query('ROLLBACK'));

  const hold = (kind: string) =>
    holder.query('SELECT pg_advisory_xact_lock($1, hashtext($2) & 255)', [ADVISORY_LOCKS.rulesOfKind, kind]);
  const limited = (kind: string, max: number) => ({ kind, rules: [concurrency(kind, max)] });
  const url = () => receiver.url('/start');
  const limitedTasks = (kind: string) =>
    Array.from({ length: 5 * SLOTS }, (_, i) => task(`t${i}`, url(), { ...limited(kind, 100), priority: 10 }));

  it('tasks without rules behind tasks of that kind start, and these start once the lock is free', async () => {
    await hold('locked');
    const ids = idsOf(await service.create(limitedTasks('locked')));
    const { a, b } = await service.create([task('a', url()), task('b', url(), { kind: 'locked' })]);
    await untilRunning(service, a);
    await untilRunning(service, b);
    expect(new Set(await Promise.all(ids.map(async (id) => (await service.task(id)).status)))).toEqual(
      new Set(['Pending']),
    );
    await holder.query('ROLLBACK');
    for (const id of ids) await untilRunning(service, id);
  });

  it('tasks of other kinds with rules start, and the next one when one ends', async () => {
    await hold('locked');
    const { running } = await service.create([task('running', url(), { kind: 'locked' })]);
    await untilRunning(service, running);
    await service.create(limitedTasks('locked'));
    const { first, second } = await service.create([
      task('first', url(), limited('other', 1)),
      task('second', url(), limited('other', 1)),
    ]);
    await untilRunning(service, first);
    // Both ends are handled at once, though the keys of the locked kind cannot be updated.
    await Promise.all([service.succeed(running), service.succeed(first)]);
    await untilRunning(service, second);
  });

  it('a task that must wait for the lock is not forgotten', async () => {
    const { first, second } = await service.create([
      task('first', url(), limited('single', 1)),
      task('second', url(), limited('single', 1)),
    ]);
    await untilRunning(service, first);
    await hold('single');
    await service.succeed(first);
    const { a } = await service.create([task('a', url())]);
    await untilRunning(service, a);
    await holder.query('ROLLBACK');
    await untilRunning(service, second);
  });
});
