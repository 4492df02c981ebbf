import { Database } from '../../src/database/database';
import { MEANING, PACE } from '../../src/database/session-settings';
import { statement } from '../../src/database/statement';
import { PgBouncer } from '../faults/harness/pgbouncer';
import { CORE_ENV, coreFlow } from '../support/core-flow';
import { afterTest, createDatabase, startProxy, startService, useReceiver } from '../support/fixture';
import { databaseUrl, execute, type TestDatabase } from '../support/postgres';
import { provider, Service } from '../support/service';

/** A wrong value for every setting that the service depends on. */
const HOSTILE: Record<string, string> = {
  client_encoding: 'LATIN1',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kathmandu',
  standard_conforming_strings: 'off',
  backslash_quote: 'off',
  bytea_output: 'escape',
  xmloption: 'document',
  extra_float_digits: '-5',
  array_nulls: 'off',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  row_security: 'off',
  gin_fuzzy_search_limit: '1',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  default_transaction_deferrable: 'on',
  jit: 'on',
  plan_cache_mode: 'force_custom_plan',
  constraint_exclusion: 'on',
  from_collapse_limit: '1',
  join_collapse_limit: '1',
  geqo: 'off',
  geqo_threshold: '2',
  statement_timeout: '3000',
  lock_timeout: '3000',
  idle_in_transaction_session_timeout: '3000',
  idle_session_timeout: '3000',
  ...Object.fromEntries(
    Object.keys(PACE)
      .filter((name) => name.startsWith('enable_'))
      .map((name) => [name, 'off']),
  ),
};
/** Unusual but valid values of settings that operators may choose. */
const ODD: Record<string, string> = {
  jit_above_cost: '0',
  client_min_messages: 'debug1',
  escape_string_warning: 'on',
  synchronous_commit: 'off',
  work_mem: '64kB',
  cursor_tuple_fraction: '1',
  seq_page_cost: '1000',
  max_parallel_workers_per_gather: '8',
  debug_parallel_query: 'on',
  default_statistics_target: '1',
  search_path: 'nowhere, public',
  lc_numeric: 'C',
  enable_partitionwise_join: 'on',
};
/** Settings of a session, which a transaction cannot set for itself. */
const OF_SESSIONS = ['client_encoding', 'idle_session_timeout', 'statement_timeout'];

const settings = statement<[names: string[]], { name: string; setting: string }>(
  'test-settings',
  'SELECT name, setting FROM pg_settings WHERE name = ANY ($1)',
);

describe('A database with foreign settings', () => {
  const receiver = useReceiver();
  let database: TestDatabase;
  beforeEach(async () => void (database = await createDatabase()));

  const name = () => new URL(database.url).pathname.slice(1);
  const spoil = (values: Record<string, string>) =>
    execute(
      database.url,
      ...Object.entries({ ...values, ...ODD }).map(
        ([setting, value]) => `ALTER DATABASE ${name()} SET ${setting} = ${listed(setting, value)}`,
      ),
    );
  const listed = (setting: string, value: string) => (setting === 'search_path' ? value : `'${value}'`);
  const without = (names: readonly string[]) =>
    Object.fromEntries(Object.entries(HOSTILE).filter(([setting]) => !names.includes(setting)));
  const settingsIn = async (run: Database['run']) =>
    Object.fromEntries((await run(settings, Object.keys(HOSTILE))).map(({ name, setting }) => [name, setting]));

  it('is used on sessions with the settings that the service depends on', async () => {
    expect(Object.keys(HOSTILE).sort()).toEqual(Object.keys({ ...MEANING, ...PACE }).sort());
    await execute(database.url, 'DROP SCHEMA public CASCADE', 'CREATE SCHEMA public');
    await spoil(HOSTILE);
    const service = await startService({ ...CORE_ENV, STATEMENT_TIMEOUT_SECS: '17' }, database.url);
    const gate = provider(service, Database);
    expect(await settingsIn(gate.run.bind(gate))).toEqual({ ...MEANING, ...PACE, statement_timeout: '17000' });
    await coreFlow(service, receiver);
  });

  const flags = Object.entries(HOSTILE).map(([setting, value]) => `-c ${setting}=${value.replace(' ', '\\ ')}`);
  const perRole = () =>
    execute(
      database.url,
      ...Object.entries(HOSTILE).map(([setting, value]) => {
        const role = new URL(database.url).username;
        return `ALTER ROLE ${role} IN DATABASE ${name()} SET ${setting} = '${value}'`;
      }),
    );
  it.each<[string, () => Promise<Record<string, string>>]>([
    ['the URL', () => Promise.resolve({ options: flags.join(' ') })],
    ['PGOPTIONS', () => Promise.resolve({ PGOPTIONS: flags.join(' ') })],
    ['the role', () => perRole().then(() => ({}))],
  ])('gets these settings whatever %s sets', async (_, prepare) => {
    const { options = '', PGOPTIONS = '' } = await prepare();
    process.env.PGOPTIONS = PGOPTIONS;
    try {
      const service = await startService({}, `${database.url}?options=${encodeURIComponent(options)}`);
      const gate = provider(service, Database);
      expect(await settingsIn(gate.run.bind(gate))).toMatchObject({ ...MEANING, ...PACE, statement_timeout: '60000' });
      expect((await service.call('GET', '/task')).status).toBe(200);
    } finally {
      delete process.env.PGOPTIONS;
    }
  });

  it('is refused at the start with one line when its encoding cannot store every text', async () => {
    const latin = `${name()}_latin`;
    await execute(database.url, `CREATE DATABASE ${latin} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
    const ascii = `${name()}_ascii`;
    await execute(database.url, `CREATE DATABASE ${ascii} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`);
    afterTest(() => execute(database.url, `DROP DATABASE ${latin}`, `DROP DATABASE ${ascii}`));
    const start = Service.start({}, databaseUrl(database.url, latin));
    await expect(start).rejects.toThrow('The database has the encoding LATIN1, which cannot store every text');
    const service = await startService(CORE_ENV, databaseUrl(database.url, ascii));
    await coreFlow(service, receiver);
  });

  it('works behind a pooler that passes on only the settings that PgBouncer keeps', async () => {
    await spoil(without(OF_SESSIONS));
    const pooler = await startProxy(database.url);
    pooler.refuseParameter('jit');
    const service = await startService({ ...CORE_ENV, STATEMENT_TIMEOUT_SECS: '17' }, pooler.url);
    const gate = provider(service, Database);
    expect(await settingsIn(gate.run.bind(gate))).toEqual({ ...MEANING, ...PACE, statement_timeout: '17000' });
    await coreFlow(service, receiver);
  });

  const bouncer = PgBouncer.version();
  (bouncer ? it : it.skip)('works behind PgBouncer in transaction mode', async () => {
    await spoil(without(OF_SESSIONS));
    const pooler = await PgBouncer.start(database.url);
    afterTest(() => pooler.remove());
    const service = await startService(CORE_ENV, pooler.url);
    await coreFlow(service, receiver);
  });
});
