/**
 * Ids of all advisory locks. Replicas of different versions run side by side, so an id never changes. All but the first
 * are the first of a pair of numbers, a space that PostgreSQL keeps apart from that of single numbers.
 */
export const ADVISORY_LOCKS = {
  migrations: 7_204_519,
  rulesOfKind: 7204,
  dedupeOfKind: 7205,
  idempotencyKey: 7206,
  scheduleOfName: 7207,
  batch: 7208,
} as const;
