import { Client } from 'pg';
import { ADVISORY_LOCKS } from '../../src/database/advisory-locks';
import { Database } from '../../src/database/database';
import { findOpenKeys } from '../../src/rules/sql/keys';
import { Claim } from '../../src/task/claiming/claim';
import { startReceiver, useReceiver, useService } from '../support/fixture';
import { Gate } from '../support/gate';
import { untilRunning } from '../support/graph';
import { concurrency } from '../support/rules';
import { idsOf, provider, task } from '../support/service';

const SLOTS = 8;
/** The most slots that one host may use. */
const SHARE = 6;

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

  it('tasks of that kind take no more than the share of their host when they are decided during another claim', async () => {
    const [hung, answers] = [startReceiver(), new Gate()];
    hung.reply('/start', { after: answers.opened });
    await hold('late');
    await service.create(
      Array.from({ length: 2 * SLOTS }, (_, i) => task(`t${i}`, hung.url('/start'), limited('late', 100))),
    );
    const [searching, released] = [new Gate(), new Gate()];
    const database = provider(service, Database);
    const run = database.run.bind(database);
    const spy = jest.spyOn(database, 'run').mockImplementation(async (each, ...values) => {
      if (each.name === findOpenKeys.name) {
        searching.open();
        await released.opened;
        await provider(service, Claim).idle();
      }
      return run(each, ...values);
    });
    const { other } = await service.create([task('other', url())]);
    await searching.opened;
    await holder.query('ROLLBACK');
    released.open();
    await untilRunning(service, other);
    expect(hung.received('/start').length).toBeLessThanOrEqual(SHARE);
    spy.mockRestore();
    answers.open();
  });
});
