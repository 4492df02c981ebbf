import { lock, statement } from '../../database/statement';

const NAMESPACE = 7204;
// Kinds share 256 locks: one transaction may name thousands of kinds, and the server's table of locks is finite.
const locks = `SELECT DISTINCT hashtext(kind) & 255 AS hash FROM unnest($1::text[]) AS k(kind) ORDER BY hash OFFSET 0`;

// Whoever holds a lock for longer may be frozen, and there are other kinds.
const patience = `set_config('lock_timeout', '100ms', true)`;

/**
 * Serialises decisions about kinds: whoever admits tasks by rules that look at these kinds waits here for others who
 * do. In order of the lock, and before any row is locked. Fails if one is not to be had in a moment (`isLocked`); further
 * statements of the transaction may take `$2` ms each.
 */
export const lockKinds = lock<[kinds: string[], budgetMs: number]>(
  'rules-lock-kinds',
  `WITH budget AS MATERIALIZED (SELECT ${patience}, set_config('statement_timeout', $2::text || 'ms', true))
   SELECT pg_advisory_xact_lock(${NAMESPACE}, hash) FROM budget CROSS JOIN (${locks}) AS ordered`,
);

/**
 * Waits for decisions about these kinds that are under way, and lets none begin until this transaction has ended. Fails if
 * one is not over in a moment.
 */
export const lockKindsShared = lock<[kinds: string[]]>(
  'rules-lock-kinds-shared',
  `WITH budget AS MATERIALIZED (SELECT ${patience})
   SELECT pg_advisory_xact_lock_shared(${NAMESPACE}, hash) FROM budget CROSS JOIN (${locks}) AS ordered`,
);

/** Whether a row has been made known. To write it again would lock it, and others would wait for this transaction. */
export const isKnownKind = (row: string): string =>
  `EXISTS (SELECT FROM ruled_kind r WHERE r.kind = ${row}.kind AND (r.other_states OR NOT ${row}.other_states))`;

/**
 * Makes known that rules look at these kinds, and whether in another state than `Running` too: only then does every
 * change of state matter, and not only what ends or changes work that is under way.
 */
export const registerKinds = statement<[kinds: string[], otherStates: boolean[]]>(
  'rules-register-kinds',
  `INSERT INTO ruled_kind (kind, other_states)
   SELECT kind, other_states FROM (
     SELECT kind, bool_or(other_states) AS other_states FROM unnest($1::text[], $2::boolean[]) AS k(kind, other_states)
     GROUP BY kind
   ) AS named
   WHERE NOT ${isKnownKind('named')} ORDER BY kind
   ON CONFLICT (kind) DO UPDATE SET other_states = true
   WHERE EXCLUDED.other_states AND NOT ruled_kind.other_states`,
);

/** Whether rules look at tasks of a kind, as an expression. */
export const isRuled = (kind: string): string => `EXISTS (SELECT FROM ruled_kind r WHERE r.kind = ${kind})`;

/** Whether rules look at them in other states than `Running`. */
export const isRuledInAnyState = (kind: string): string =>
  `EXISTS (SELECT FROM ruled_kind r WHERE r.kind = ${kind} AND r.other_states)`;
