import type { Tx } from '../database/statement';
import type { RuleKey, Usage } from './admission';
import type { RuleKeyRow } from './sql/keys';
import { activeUsage, otherUsage } from './sql/usage';
import { writeJson } from '../domain/exact-number';

/** A key as statements know it; the order of a matcher's fields means nothing. */
export const rowOf = ({ id, type, max, matcher: { kind, status }, fields }: RuleKey): RuleKeyRow => ({
  id,
  type,
  max,
  kind,
  status,
  names: Object.keys(fields).sort(),
  fields,
});

/** How much of what each key counts is under way now; keys of which nothing is are missing. */
export async function usageOf(db: Pick<Tx, 'run'>, wanted: readonly RuleKey[]): Promise<Map<string, Usage>> {
  const json = (part: readonly RuleKey[]) => writeJson(part.map(rowOf));
  const active = wanted.filter(({ matcher }) => matcher.status === 'Running');
  const other = wanted.filter(({ matcher }) => matcher.status !== 'Running');
  const rows = [
    ...(active.length > 0 ? await db.run(activeUsage, json(active)) : []),
    ...(other.length > 0 ? await db.run(otherUsage, json(other)) : []),
  ];
  return new Map(rows.map(({ id, tasks, work }) => [id, { tasks, work: Number(work) }]));
}
