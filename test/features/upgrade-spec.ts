import type { MigrationInterface, QueryRunner } from 'typeorm';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { createDatabase, useReceiver } from '../support/fixture';
import { eventually } from '../support/poll';
import type { TestDatabase } from '../support/postgres';
import { ServiceProcess, useProcesses } from '../support/process';
import { capacity, concurrency } from '../support/rules';
import { after, task, webhook } from '../support/service';

const TABLES = ['batch', 'task', 'task_definition', 'link', 'outbox', 'delivery', 'worker', 'rule_key', 'rule_matcher'];

/** Changes that a future version may make while this one runs: CONTRIBUTING.md, "… a migration". */
class Newer9000000000000 implements MigrationInterface {
  name = 'Newer9000000000000';

  async up(db: QueryRunner): Promise<void> {
    for (const table of TABLES) await db.query(`ALTER TABLE ${table} ADD COLUMN newer text`);
    await db.query(`CREATE TABLE newer (id uuid PRIMARY KEY);
      CREATE INDEX task_newer ON task (id) WHERE newer IS NOT NULL;
      ALTER TYPE delivery_trigger ADD VALUE 'newer'`);
  }

  down(): Promise<void> {
    return Promise.resolve();
  }
}

/** Migrates as the next version would. */
async function migrateFurther(url: string): Promise<void> {
  const source = await new DataSource({
    type: 'postgres',
    url,
    migrations: [...migrations, Newer9000000000000],
    migrationsTableName: 'migration',
  }).initialize();
  await source.runMigrations({ transaction: 'each' });
  await source.destroy();
}

describe('During an upgrade', () => {
  useProcesses();
  const receiver = useReceiver();
  let database: TestDatabase;
  beforeEach(async () => void (database = await createDatabase()));
  afterEach(() => ServiceProcess.killAll());

  const start = () => ServiceProcess.start({ DATABASE_URL: database.url });

  const running = (service: ServiceProcess, ...ids: string[]) =>
    eventually(async () => {
      for (const id of ids) expect(await service.task(id)).toMatchObject({ status: 'Running' });
    });

  /** Executes most statements, so that their plans are cached when the tables change. */
  async function everything(service: ServiceProcess): Promise<void> {
    const [url, told] = [receiver.url('/start'), [webhook(receiver.url('/told'))]];
    const like = { metadata: { of: Math.random() }, kind: 'limited', expected_count: 1 };
    const ids = await service.create([
      task('a', url, { on_success: told }),
      task('b', url, { ...after(['a']), on_failure: told }),
      task('c', url, after(['b'])),
      task('held', url),
      task('gone', url),
      task('one', url, { ...like, rules: [concurrency('limited', 1, ['of'])] }),
      task('two', url, { ...like, rules: [capacity('limited', 1, ['of'])] }),
      task('same', url, { ...like, dedupe_strategy: [{ kind: 'unlike', status: 'Pending', fields: ['of'] }] }),
    ]);
    const ok = async (method: string, path: string, body?: object) =>
      expect([path, (await service.call(method, path, body)).status]).toEqual([path, method === 'PUT' ? 202 : 200]);
    await running(service, ids.a, ids.held, ids.gone);
    await ok('PUT', `/task/${ids.a}`, { new_success: 1 });
    await ok('PATCH', `/task/${ids.a}`, { status: 'Success' });
    await running(service, ids.b);
    await ok('PATCH', `/task/${ids.b}`, { status: 'Failure', failure_reason: 'Meant to' });
    await ok('PATCH', `/task/pause/${ids.held}`);
    await ok('PATCH', `/task/resume/${ids.held}`);
    await ok('DELETE', `/task/${ids.gone}`);
    await eventually(async () => expect(await service.task(ids.c)).toMatchObject({ status: 'Failure' }));
    for (const path of ['/task', `/dag/${ids.batch}`, `/batch/${ids.batch}`, '/batches', '/webhook-deliveries'])
      await ok('GET', path);
    await ok('PATCH', `/batch/${ids.batch}/rules`, { kind: 'limited', rules: [] });
    await running(service, ids.two);
    await ok('DELETE', `/batch/${ids.batch}`);
    await eventually(async () => {
      const { body } = await service.call<object[]>('GET', `/webhook-deliveries?status=pending`);
      expect(body).toEqual([]);
    });
  }

  it('a process works on a database that a newer version has migrated', async () => {
    await migrateFurther(database.url);
    const old = await start();
    await everything(old);
    expect(await old.call('GET', '/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await old.end('SIGTERM')).toBe(0);
  });

  it('a process continues while a newer version migrates, and beside it', async () => {
    const old = await start();
    await everything(old);
    await migrateFurther(database.url);
    await everything(old);
    const other = await start();
    await Promise.all([everything(old), everything(other)]);
    expect((await old.call('GET', '/ready')).status).toBe(200);
    expect(await old.end('SIGTERM')).toBe(0);
    await everything(other);
    expect(old.log + other.log).not.toMatch(/"level":"(error|fatal)"/);
  });
});
