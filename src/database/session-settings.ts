/** Settings of a session by name, with values as `pg_settings` shows them. */
export type Settings = Readonly<Record<string, string>>;

/** Settings that change the meaning, results or rights of a statement. */
export const MEANING: Settings = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  bytea_output: 'hex',
  xmloption: 'content',
  extra_float_digits: '1',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  row_security: 'on',
  // A limit would let index scans leave out rows.
  gin_fuzzy_search_limit: '0',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
};

/** Settings that change only how long a statement takes or may take. */
export const PACE: Settings = {
  // Compiling an expensive-looking plan takes 0.4 s, while the statement itself takes milliseconds.
  jit: 'off',
  plan_cache_mode: 'auto',
  constraint_exclusion: 'partition',
  from_collapse_limit: '8',
  join_collapse_limit: '8',
  geqo: 'on',
  geqo_threshold: '12',
  ...Object.fromEntries(
    [
      'async_append',
      'bitmapscan',
      'gathermerge',
      'hashagg',
      'hashjoin',
      'incremental_sort',
      'indexonlyscan',
      'indexscan',
      'material',
      'memoize',
      'mergejoin',
      'nestloop',
      'parallel_append',
      'parallel_hash',
      'partition_pruning',
      'seqscan',
      'sort',
      'tidscan',
    ].map((method) => [`enable_${method}`, 'on']),
  ),
  statement_timeout: '0',
  // Longer than the idle limit below, so that transactions of a frozen process that wait for each other end together.
  lock_timeout: '10000',
  // Bounds how long a frozen or disconnected process keeps its locks. Healthy transactions never pause for seconds.
  idle_in_transaction_session_timeout: '5000',
  idle_session_timeout: '0',
};

/** Settings of sessions without time limits, for migrations. */
export const PATIENT: Settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
};

/**
 * Settings by which the server notices soon that a client is gone. Not verified, because systems support only some of
 * them, and Unix sockets none.
 */
export const NETWORK: Settings = {
  tcp_user_timeout: '10000',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '3',
  tcp_keepalives_count: '3',
};

/** Settings that only newer servers know; an older one refuses a session that asks for them. */
export const NEWER: Settings = { transaction_timeout: '0' };

/** Settings that PgBouncer keeps for each client and restores on the session of each transaction. */
export const TRACKED: readonly string[] = ['client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings'];
