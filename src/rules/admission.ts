import { createHash } from 'node:crypto';
import { canonical, valuesOf } from '../domain/matching';
import { limitOf, type Limit, type Rule } from '../domain/rule';

/** A task that would start if its rules admit it. */
export interface Candidate {
  id: string;
  kind: string;
  metadata: unknown;
  /** Items of work left in it; null when nobody said how many there are. */
  remaining: number | null;
  rules: readonly Rule[];
}

/** A limit as it applies to tasks with certain metadata. */
export interface RuleKey extends Limit {
  /** The same for the same limit and values, in every replica. */
  id: string;
  /** Metadata fields, and the values that a task must have there to be counted. */
  fields: Record<string, unknown>;
}

/** How much of what a key counts is under way. */
export interface Usage {
  tasks: number;
  work: number;
}

/** Why a candidate must wait: a key that is full, or nothing that could ever open by itself. */
export type Verdict = { admitted: true } | { admitted: false; key?: RuleKey };

/** A task set aside under no key: a field is missing that a rule names, or it never said how much work it is. */
export const NO_KEY = '0';

/**
 * The keys of a candidate's rules, or undefined when one of them can never admit it as it is: a listed field is
 * missing from its metadata, or its work is unknown to a Capacity rule.
 */
export function keysOf({ rules, metadata, remaining }: Candidate): RuleKey[] | undefined {
  const keys: RuleKey[] = [];
  for (const limit of rules.map(limitOf)) {
    const fields = valuesOf(limit.matcher.fields, metadata);
    if (!fields || (limit.type === 'Capacity' && remaining === null)) return undefined;
    keys.push({ ...limit, fields, id: keyId(limit, fields) });
  }
  return keys;
}

/**
 * Decides on candidates in their order. Each one that is admitted counts at once, in every key that it matches, also
 * in those of other candidates' rules.
 * @param usage what is under way now, by key id; counted up in place.
 */
export function admit(
  candidates: readonly Candidate[],
  keys: ReadonlyMap<string, RuleKey[] | undefined>,
  usage: Map<string, Usage>,
): Map<string, Verdict> {
  const all = new Map([...keys.values()].flatMap((list) => list ?? []).map((key) => [key.id, key]));
  const verdicts = new Map<string, Verdict>();
  for (const candidate of candidates) {
    const own = keys.get(candidate.id);
    const full = own?.find((key) => roomOf(key, usage.get(key.id)) <= 0);
    if (!own || full) {
      verdicts.set(candidate.id, { admitted: false, key: full });
      continue;
    }
    verdicts.set(candidate.id, { admitted: true });
    for (const key of all.values()) {
      if (!counts(key, candidate)) continue;
      const { tasks, work } = usage.get(key.id) ?? { tasks: 0, work: 0 };
      usage.set(key.id, { tasks: tasks + 1, work: work + (candidate.remaining ?? 0) });
    }
  }
  return verdicts;
}

/** What a key still admits: tasks, or work that may be under way before the next task is refused. */
export const roomOf = ({ type, max }: Pick<RuleKey, 'type' | 'max'>, usage: Usage = { tasks: 0, work: 0 }): number =>
  max - (type === 'Concurrency' ? usage.tasks : usage.work);

/** Whether a key counts a task once that runs. */
function counts({ matcher, fields }: RuleKey, { kind, metadata }: Candidate): boolean {
  const underWay = matcher.status === 'Running' || matcher.status === 'Claimed';
  if (!underWay || matcher.kind !== kind) return false;
  const values = valuesOf(matcher.fields, metadata);
  return values !== undefined && canonical(values) === canonical(fields);
}

/** 63 bits: enough for no two keys of a real system to meet, and never negative. */
function keyId({ type, max, matcher: { kind, status } }: Limit, fields: Record<string, unknown>): string {
  const text = canonical([type, max, kind, status, fields]);
  const bits = createHash('sha256').update(text).digest().readBigUInt64BE() >> 1n;
  return String(bits || 1n);
}
