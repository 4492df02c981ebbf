import { Database } from '../../src/database/database';
import { MEANING, PACE } from '../../src/database/session-settings';
import { statement } from '../../src/database/statement';
import { PgBouncer } from '../faults/harness/pgbouncer';
import { CORE_ENV, coreFlow } from '../support/core-flow';
import { cloneDatabase, execute, type TestDatabase } from '../support/postgres';
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
  afterEach(async () => {
    await service.stop();
    await database.drop();
  });

  const name = () => new URL(database.url).pathname.slice(1);
  const spoil = (values: Record<string, string>) =>
    execute(
      database.url,
      ...Object.entries({ ...values, jit_above_cost: '0' }).map(
        ([setting, value]) => `ALTER DATABASE ${name()} SET ${setting} = '${value}'`,
      ),
    );
  const without = (names: readonly string[]) =>
    Object.fromEntries(Object.entries(HOSTILE).filter(([setting]) => !names.includes(setting)));
  const settingsIn = async (run: Database['run']) =>
    Object.fromEntries((await run(settings, Object.keys(HOSTILE))).map(({ name, setting }) => [name, setting]));

  it('is used like any other, on sessions with the settings that the service depends on', async () => {
    expect(Object.keys(HOSTILE).sort()).toEqual(Object.keys({ ...MEANING, ...PACE }).sort());
    await spoil(HOSTILE);
    service = await Service.start({ ...CORE_ENV, STATEMENT_TIMEOUT_SECS: '17' }, database.url);
    const gate = provider(service, Database);
    expect(await settingsIn(gate.run.bind(gate))).toEqual({ ...MEANING, ...PACE, statement_timeout: '17000' });
    await coreFlow(service, receiver);
  });

  it('is used behind a pooler that passes on the settings which PgBouncer keeps', async () => {
    await spoil(without(OF_SESSIONS));
    const pooler = await Proxy.start(database.url);
    pooler.refuseParameter('jit');
    service = await Service.start({ ...CORE_ENV, STATEMENT_TIMEOUT_SECS: '17' }, pooler.url);
    const gate = provider(service, Database);
    expect(await settingsIn(gate.run.bind(gate))).toEqual({ ...MEANING, ...PACE, statement_timeout: '17000' });
    await coreFlow(service, receiver);
    await service.stop();
    await pooler.cut();
  });

  const bouncer = PgBouncer.version();
  (bouncer ? it : it.skip)('is used behind PgBouncer in transaction mode', async () => {
    await spoil(without(OF_SESSIONS));
    const pooler = await PgBouncer.start(database.url);
    service = await Service.start(CORE_ENV, pooler.url);
    await coreFlow(service, receiver);
    await service.stop();
    await pooler.remove();
  });
});
