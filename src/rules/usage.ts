import type { Tx } from '../database/statement';
import { writeJson } from '../domain/exact-number';
import type { RuleKey, Usage } from './admission';
import type { RuleKeyRow } from './sql/keys';
import { activeUsage, otherUsage } from './sql/usage';

/** Returns a key as a row for statements, with sorted names: the order of a matcher's fields means nothing. */
export const rowOf = ({ id, type, max, matcher: { kind, status }, fields }: RuleKey): RuleKeyRow => ({
  id,
  type,
  max,
  kind,
  status,
  names: Object.keys(fields).sort(),
  fields,
});

export const keyOf = ({ kind, status, names, ...key }: RuleKeyRow): RuleKey => ({
  ...key,
  matcher: { kind, status, fields: names },
});

/** Returns the usage of keys by id; keys without usage are missing. */
export async function usageOf(db: Pick<Tx, 'run'>, keys: readonly RuleKey[]): Promise<Map<string, Usage>> {
  const json = (part: readonly RuleKey[]) => writeJson(part.map(rowOf));
  const active = keys.filter(({ matcher }) => matcher.status === 'Running');
  const other = keys.filter(({ matcher }) => matcher.status !== 'Running');
  const rows = [
    ...(active.length > 0 ? await db.run(activeUsage, json(active)) : []),
    ...(other.length > 0 ? await db.run(otherUsage, json(other)) : []),
  ];
  return new Map(rows.map(({ id, tasks, work }) => [id, { tasks, work: Number(work) }]));
}
