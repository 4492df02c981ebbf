/** Settings of a session by name, as `pg_settings` shows their values. */
export type Settings = Readonly<Record<string, string>>;

/** Settings that change what a statement means, answers or is allowed to do. */
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
  // It lets searches through an index leave out rows.
  gin_fuzzy_search_limit: '0',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
};

/** Settings that change only how long a statement takes, or may take. */
export const PACE: Settings = {
  // A plan is compiled for 0.4 s where its estimated cost is high, and the statement itself takes milliseconds.
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
  // Longer than an idle transaction lives: the transactions of a frozen process that wait for each other end together.
  lock_timeout: '10000',
  // A process that is frozen, or cut off, keeps its locks for no longer. None of its own pauses in a transaction takes seconds.
  idle_in_transaction_session_timeout: '5000',
  idle_session_timeout: '0',
};

/** Settings of sessions that may wait for as long as it takes: migrations. */
export const PATIENT: Settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
};

/**
 * How soon the server notices that nobody is there any more to take what it sends. Each system takes what it can of it, and a
 * socket of the file system nothing, so nobody checks whether a session has them.
 */
export const NETWORK: Settings = {
  tcp_user_timeout: '10000',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '3',
  tcp_keepalives_count: '3',
};

/** Settings of newer servers only: an older one refuses a session that asks for them. */
export const NEWER: Settings = { transaction_timeout: '0' };

/** What PgBouncer keeps for each client and restores on whatever session a transaction gets. */
export const TRACKED: readonly string[] = ['client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings'];
