import { createHash } from 'node:crypto';
import { canonical, canonicalFields, MatcherIndex, valuesOf } from '../domain/matching';
import { isReadable, limitOf, type Limit, type Matcher, type Rule } from '../domain/rule';

/** A task that starts if its rules admit it. */
export interface Candidate {
  id: string;
  kind: string;
  metadata: unknown;
  /** Items of work left in it; null without an expected count. */
  remaining: number | null;
  rules: readonly Rule[];
}

/** A limit applied to certain metadata values. */
export interface RuleKey extends Limit {
  /** Equal for equal limits and values, in every replica. */
  id: string;
  /** Metadata fields, with the values that a task must have to be counted. */
  fields: Record<string, unknown>;
}

/** The tasks that a key counts now, and the items of work left in them. */
export interface Usage {
  tasks: number;
  work: number;
}

/**
 * Whether a candidate is admitted. If not, `key` blocks it: either the key is full, or it has capacity, but other tasks
 * come first. Without a key, nothing but a change of the task itself can admit it.
 */
export type Admission = { admitted: true } | { admitted: false; key?: RuleKey; hasCapacity?: boolean };

/** Blocks tasks without a key: they lack a metadata field or an expected count that a rule needs. */
export const NO_KEY = '0';

/**
 * Returns the keys of a candidate's rules, or undefined if one can never admit it as it is. Reasons are a missing metadata
 * field, a Capacity rule without an expected count, or an invalid stored rule.
 */
export function keysOf({ rules, metadata, remaining }: Candidate): RuleKey[] | undefined {
  const keys: RuleKey[] = [];
  if (!rules.every(isReadable)) return undefined;
  for (const { type, max, matcher } of rules.map(limitOf)) {
    const fields = valuesOf(matcher.fields, metadata);
    if (!fields || (type === 'Capacity' && remaining === null)) return undefined;
    keys.push({ type, max, matcher, fields, id: hashId(type, max, groupOf(matcher, fields)) });
  }
  return keys;
}

/**
 * Decides about candidates in their order. An admitted one counts at once, in every key that it matches, also in keys of
 * other candidates.
 * @param isBehind whether a task blocked by the key comes before the candidate.
 * @param usage by key id; updated in place.
 */
export function admit(
  candidates: readonly Candidate[],
  keys: ReadonlyMap<string, RuleKey[] | undefined>,
  isBehind: (candidate: Candidate, key: RuleKey) => boolean,
  usage: Map<string, Usage>,
): Map<string, Admission> {
  const counter = new UsageCounter(
    [...keys.values()].flatMap((list) => list ?? []),
    usage,
  );
  const admissions = new Map<string, Admission>();
  for (const candidate of candidates) {
    const own = keys.get(candidate.id);
    const full = own?.find((key) => capacityOf(key, usage.get(key.id)) <= 0);
    const blocking = full ?? own?.find((key) => isBehind(candidate, key));
    if (own && !blocking) {
      admissions.set(candidate.id, { admitted: true });
      counter.add(candidate);
    } else admissions.set(candidate.id, { admitted: false, key: blocking, hasCapacity: !full });
  }
  return admissions;
}

/** Returns how many tasks, or items of work, a key still admits. */
export const capacityOf = (
  { type, max }: Pick<RuleKey, 'type' | 'max'>,
  usage: Usage = { tasks: 0, work: 0 },
): number => max - (type === 'Concurrency' ? usage.tasks : usage.work);

/** Returns the id of a matcher, equal in every replica and for every order of its fields. */
export const matcherId = ({ kind, status, fields }: Matcher): string => hashId(kind, status, [...fields].sort());

/** Counts admitted tasks in the keys that they match. */
class UsageCounter {
  private readonly matchers: MatcherIndex;
  private readonly keys = new Map<string, Set<string>>();

  constructor(
    keys: readonly RuleKey[],
    private readonly usage: Map<string, Usage>,
  ) {
    this.matchers = new MatcherIndex(keys.map(({ matcher }) => matcher));
    for (const { id, matcher, fields } of keys) {
      const group = groupOf(matcher, fields);
      this.keys.set(group, (this.keys.get(group) ?? new Set()).add(id));
    }
  }

  add({ kind, metadata, remaining }: Candidate): void {
    // An admitted task becomes `Claimed`, which counts as `Running` too.
    for (const matcher of [...this.matchers.of(kind, 'Running'), ...this.matchers.of(kind, 'Claimed')]) {
      const values = valuesOf(matcher.fields, metadata);
      for (const id of (values && this.keys.get(groupOf(matcher, values))) ?? []) {
        const { tasks, work } = this.usage.get(id) ?? { tasks: 0, work: 0 };
        this.usage.set(id, { tasks: tasks + 1, work: work + (remaining ?? 0) });
      }
    }
  }
}

/** Identifies the tasks that a matcher counts together: their kind, status and values. */
const groupOf = ({ kind, status }: Matcher, fields: Record<string, unknown>): string =>
  `[${canonical(kind)},${canonical(status)},${canonicalFields(fields)}]`;

/** Hashes to 63 bits: enough to be unique in practice, and never negative or `NO_KEY`. */
function hashId(...parts: unknown[]): string {
  const bits = createHash('sha256').update(canonical(parts)).digest().readBigUInt64BE() >> 1n;
  return String(bits || 1n);
}
