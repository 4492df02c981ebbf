import { ADVISORY_LOCKS } from '../../database/advisory-locks';
import { lock, statement } from '../../database/statement';

/**
 * The lock numbers of the kinds `$1`, in the order in which they must be locked. Kinds share 256 locks: a transaction may
 * name thousands of kinds, and the server's lock table is finite.
 */
export const kindHashes = `SELECT DISTINCT hashtext(kind) & 255 AS hash FROM unnest($1::text[]) AS k(kind) ORDER BY hash OFFSET 0`;

// A replica that holds a lock for longer may be frozen, and other kinds must go on.
const lockTimeout = `set_config('lock_timeout', '100ms', true)`;

/**
 * Serialises decisions about kinds across replicas. Takes the locks in their order, before any row is locked. Fails if one
 * is not available in time (`isLocked`). Further statements of the transaction may take `$2` ms each.
 */
export const lockKinds = lock<[kinds: string[], budgetMs: number]>(
  'rules-lock-kinds',
  `WITH budget AS MATERIALIZED (SELECT ${lockTimeout}, set_config('statement_timeout', $2::text || 'ms', true))
   SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.rulesOfKind}, hash) FROM budget CROSS JOIN (${kindHashes}) AS ordered`,
);

/**
 * Waits for decisions about these kinds that are in progress, and keeps others from beginning until this transaction ends.
 * Fails if a lock is not available in time.
 */
export const lockKindsShared = lock<[kinds: string[]]>(
  'rules-lock-kinds-shared',
  `WITH budget AS MATERIALIZED (SELECT ${lockTimeout})
   SELECT pg_advisory_xact_lock_shared(${ADVISORY_LOCKS.rulesOfKind}, hash) FROM budget CROSS JOIN (${kindHashes}) AS ordered`,
);

/**
 * Registers kinds that rules count, and whether they count another status than `Running`. Only for those does every change
 * of status matter to rules; for the others only the end or a change of active tasks does. A known kind is not written
 * again: that would lock its row, and others would wait for this transaction.
 * @param rows a query of `kind` and `other_states`, one row for each kind.
 */
export const insertKinds = (rows: string): string => `INSERT INTO ruled_kind (kind, other_states)
   SELECT kind, other_states FROM (
     ${rows}
   ) AS named
   WHERE NOT EXISTS (
     SELECT FROM ruled_kind r WHERE r.kind = named.kind AND (r.other_states OR NOT named.other_states))
   ORDER BY kind
   ON CONFLICT (kind) DO UPDATE SET other_states = true
   WHERE EXCLUDED.other_states AND NOT ruled_kind.other_states`;

/** Registers the kinds of new rules. */
export const registerKinds = statement<[kinds: string[], otherStates: boolean[]]>(
  'rules-register-kinds',
  insertKinds(
    `SELECT kind, bool_or(other_states) AS other_states FROM unnest($1::text[], $2::boolean[]) AS k(kind, other_states)
     GROUP BY kind`,
  ),
);

/** Whether rules count tasks of a kind. */
export const isRuled = (kind: string): string => `EXISTS (SELECT FROM ruled_kind r WHERE r.kind = ${kind})`;

/** Whether rules count tasks of a kind in another status than `Running`. */
export const isRuledInAnyState = (kind: string): string =>
  `EXISTS (SELECT FROM ruled_kind r WHERE r.kind = ${kind} AND r.other_states)`;
