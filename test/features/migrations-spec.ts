import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { ADVISORY_LOCKS } from '../../src/database/advisory-locks';
import { Connector } from '../../src/database/connector';
import { migrate, migrationSource } from '../../src/database/migrate';
import { afterTest, createDatabase, startService } from '../support/fixture';
import { eventually } from '../support/poll';
import { execute, type TestDatabase } from '../support/postgres';
import { useProcesses } from '../support/process';
import { task } from '../support/service';

describe('Migrations', () => {
  useProcesses();
  let database: TestDatabase;
  let source: DataSource;
  beforeEach(async () => {
    database = await createDatabase();
    source = await migrationSource(new Connector(database.url)).initialize();
  });
  afterEach(() => source.destroy());

  const empty = () => execute(database.url, 'DROP SCHEMA public CASCADE', 'CREATE SCHEMA public');
  /** Lists everything in the schema, read from the catalogs, except the list of migrations. */
  const schema = async (): Promise<string[]> => {
    const rows = await source.query<{ thing: string }[]>(`
      SELECT concat_ws(' ', 'column', table_name, column_name, data_type, udt_name, is_nullable, column_default) AS thing
      FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'migration'
      UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migration'
      UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> to_regclass('migration')
      UNION ALL SELECT concat_ws(' ', 'storage', relname, reloptions)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migration'
      UNION ALL SELECT concat_ws(' ', 'type', typname, enumlabel, enumsortorder)
      FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE typnamespace = 'public'::regnamespace
      UNION ALL SELECT concat_ws(' ', 'function', proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
      ORDER BY thing`);
    return rows.map(({ thing }) => thing);
  };
  const applied = async (): Promise<string[]> =>
    (await source.query<{ name: string }[]>('SELECT name FROM migration ORDER BY id')).map(({ name }) => name);

  it('complete an empty database, however many replicas begin at once', async () => {
    const expected = await schema();
    await empty();
    await Promise.all(Array.from({ length: 4 }, () => migrate(new Connector(database.url))));
    expect(await applied()).toEqual(migrations.map(({ name }) => name));
    expect(await schema()).toEqual(expected);
  });

  it('change nothing in a complete database', async () => {
    const [expected, names] = [await schema(), await applied()];
    await migrate(new Connector(database.url));
    expect(await applied()).toEqual(names);
    expect(await schema()).toEqual(expected);
  });

  it('remove everything on the way down, and can be applied again', async () => {
    const expected = await schema();
    for (let i = 0; i < migrations.length; i++) await source.undoLastMigration({ transaction: 'each' });
    expect(await applied()).toEqual([]);
    expect(await schema()).toEqual([]);
    await migrate(new Connector(database.url));
    expect(await schema()).toEqual(expected);
  });

  it('are applied by replicas as they start, and all of them serve', async () => {
    await empty();
    const replicas = await Promise.all(Array.from({ length: 3 }, () => startService({}, database.url)));
    for (const replica of replicas) expect(await replica.call('GET', '/ready')).toMatchObject({ status: 200 });
  });

  it('are applied by a command that exits, and then leave nothing to do for a service that may not create tables', async () => {
    const expected = await schema();
    await empty();
    const command = (env: object) =>
      promisify(execFile)(process.execPath, [resolve('dist/src/migrate.js')], { cwd: '/', env: { ...env } });
    const both = await Promise.all([1, 2].map(() => command({ DATABASE_URL: database.url })));
    const said = both.map(({ stdout }) => stdout).join('');
    expect(said).toMatch(/Applied: \w+/);
    expect(said).toContain('The schema was up to date');
    expect(await schema()).toEqual(expected);
    for (const env of [{}, { DATABASE_URL: 'postgres://localhost:1/none' }])
      await expect(command(env)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Cannot migrate: '),
      });

    const role = `limited_${process.pid}`;
    await execute(
      database.url,
      `CREATE ROLE ${role} LOGIN PASSWORD 'limited'`,
      'REVOKE CREATE ON SCHEMA public FROM public',
      `GRANT USAGE ON SCHEMA public TO ${role}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`,
      `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
    );
    afterTest(() => execute(database.url, `DROP OWNED BY ${role}`, `DROP ROLE ${role}`));
    const limited = Object.assign(new URL(database.url), { username: role, password: 'limited' });
    const service = await startService({}, limited.href);
    await expect(service.query('CREATE TABLE ours ()')).rejects.toThrow(/permission denied/);
    expect((await service.call('POST', '/task', [task('a', 'http://localhost:1/')])).status).toBe(201);
  });

  it('leave no lock behind when one fails', async () => {
    await empty();
    await execute(database.url, 'CREATE TABLE batch (mine int)');
    const said = jest.spyOn(console, 'log').mockImplementation(); // TypeORM logs it there too.
    await expect(migrate(new Connector(database.url))).rejects.toThrow(/already exists/);
    said.mockRestore();
    expect(await source.query(`SELECT FROM pg_class WHERE relname = 'task'`)).toEqual([]);
    await execute(database.url, 'DROP TABLE batch');
    await migrate(new Connector(database.url));
    expect(await applied()).toEqual(migrations.map(({ name }) => name));
  });

  it('take turns by a lock that ends with its transaction, as a pooler would keep a session lock', async () => {
    const before = await migrationSource(new Connector(database.url)).initialize();
    const first = before.createQueryRunner();
    await first.startTransaction();
    await first.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.migrations]);
    const migrating = migrate(new Connector(database.url));
    await eventually(async () => {
      const waiting = await source.query<object[]>(
        `SELECT xact_start < query_start AS within FROM pg_stat_activity
         WHERE application_name = 'hookline migrations' AND datname = current_database() AND wait_event = 'advisory'`,
      );
      expect(waiting).toEqual([{ within: true }]);
    });
    await first.commitTransaction();
    await migrating;
    await before.destroy();
  });
});
