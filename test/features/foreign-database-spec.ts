import { Database } from '../../src/database/database';
import { MEANING, PACE } from '../../src/database/session-settings';
import { statement } from '../../src/database/statement';
import { PgBouncer } from '../faults/harness/pgbouncer';
import { CORE_ENV, coreFlow } from '../support/core-flow';
import { cloneDatabase, databaseUrl, execute, type TestDatabase } from '../support/postgres';
import { Proxy } from '../support/proxy';
import { Receiver } from '../support/receiver';
import { provider, Service } from '../support/service';

/** Another value than the service depends on, for every setting that it depends on. */
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
/** What the service leaves to those who run the server, with values that are allowed and rare. */
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
/** No transaction can set these for itself, and migrations are no transactions of the service. */
const OF_SESSIONS = ['client_encoding', 'idle_session_timeout', 'statement_timeout'];

const settings = statement<[names: string[]], { name: string; setting: string }>(
  'test-settings',
  'SELECT name, setting FROM pg_settings WHERE name = ANY ($1)',
);

describe('A database with foreign settings', () => {
  let database: TestDatabase;
  let receiver: Receiver;
  let service: Service;
  beforeAll(async () => {
    receiver = await Receiver.start();
  });
  afterAll(() => receiver.close());
  beforeEach(async () => {
    database = await cloneDatabase();
  });
  /** Whatever else a test has started, to be ended after the service. */
  const started: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    await service.stop();
    for (const end of started.splice(0)) await end();
    await database.drop();
  });

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

  it('is used like any other, on sessions with the settings that the service depends on', async () => {
    expect(Object.keys(HOSTILE).sort()).toEqual(Object.keys({ ...MEANING, ...PACE }).sort());
    await execute(database.url, 'DROP SCHEMA public CASCADE', 'CREATE SCHEMA public');
    await spoil(HOSTILE);
    service = await Service.start({ ...CORE_ENV, STATEMENT_TIMEOUT_SECS: '17' }, database.url);
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
  ])('gets the settings that the service depends on whatever %s has', async (_, prepare) => {
    const { options = '', PGOPTIONS = '' } = await prepare();
    process.env.PGOPTIONS = PGOPTIONS;
    try {
      service = await Service.start({}, `${database.url}?options=${encodeURIComponent(options)}`);
      const gate = provider(service, Database);
      expect(await settingsIn(gate.run.bind(gate))).toMatchObject({ ...MEANING, ...PACE, statement_timeout: '60000' });
      expect((await service.call('GET', '/task')).status).toBe(200);
    } finally {
      delete process.env.PGOPTIONS;
    }
  });

  it('is refused at the start in one line if its encoding cannot hold every text', async () => {
    const latin = `${name()}_latin`;
    await execute(database.url, `CREATE DATABASE ${latin} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
    const ascii = `${name()}_ascii`;
    await execute(database.url, `CREATE DATABASE ${ascii} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`);
    started.push(() => execute(database.url, `DROP DATABASE ${latin}`, `DROP DATABASE ${ascii}`));
    const start = Service.start({}, databaseUrl(database.url, latin));
    await expect(start).rejects.toThrow('The database has the encoding LATIN1, which cannot hold every text');
    service = await Service.start(CORE_ENV, databaseUrl(database.url, ascii));
    await coreFlow(service, receiver);
  });

  it('is used behind a pooler that passes on the settings which PgBouncer keeps', async () => {
    await spoil(without(OF_SESSIONS));
    const pooler = await Proxy.start(database.url);
    started.push(() => pooler.cut());
    pooler.refuseParameter('jit');
    service = await Service.start({ ...CORE_ENV, STATEMENT_TIMEOUT_SECS: '17' }, pooler.url);
    const gate = provider(service, Database);
    expect(await settingsIn(gate.run.bind(gate))).toEqual({ ...MEANING, ...PACE, statement_timeout: '17000' });
    await coreFlow(service, receiver);
  });

  const bouncer = PgBouncer.version();
  (bouncer ? it : it.skip)('is used behind PgBouncer in transaction mode', async () => {
    await spoil(without(OF_SESSIONS));
    const pooler = await PgBouncer.start(database.url);
    started.push(() => pooler.remove());
    service = await Service.start(CORE_ENV, pooler.url);
    await coreFlow(service, receiver);
  });
});
