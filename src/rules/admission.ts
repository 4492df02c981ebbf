import { createHash } from 'node:crypto';
import { canonical, canonicalFields, valuesOf } from '../domain/matching';
import { isReadable, limitOf, type Limit, type Matcher, type Rule } from '../domain/rule';

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

/**
 * Why a candidate must wait: a key that is full, or one with room under which others come first, or, without a key,
 * nothing that could ever change by itself.
 */
export type Verdict = { admitted: true } | { admitted: false; key?: RuleKey; hasRoom?: boolean };

/** A task set aside under no key: a field is missing that a rule names, or it never said how much work it is. */
export const NO_KEY = '0';

/**
 * The keys of a candidate's rules, or undefined when one of them can never admit it as it is: a listed field is
 * missing from its metadata, its work is unknown to a Capacity rule, or a rule is none.
 */
export function keysOf({ rules, metadata, remaining }: Candidate): RuleKey[] | undefined {
  const keys: RuleKey[] = [];
  if (!rules.every(isReadable)) return undefined;
  for (const { type, max, matcher } of rules.map(limitOf)) {
    const fields = valuesOf(matcher.fields, metadata);
    if (!fields || (type === 'Capacity' && remaining === null)) return undefined;
    keys.push({ type, max, matcher, fields, id: numberOf(type, max, groupOf(matcher, fields)) });
  }
  return keys;
}

/**
 * Decides on candidates in their order. Each one that is admitted counts at once, in every key that it matches, also
 * in those of other candidates' rules.
 * @param isBehind whether tasks that come before this one are set aside under this key.
 * @param usage what is under way now, by key id; counted up in place.
 */
export function admit(
  candidates: readonly Candidate[],
  keys: ReadonlyMap<string, RuleKey[] | undefined>,
  isBehind: (candidate: Candidate, key: RuleKey) => boolean,
  usage: Map<string, Usage>,
): Map<string, Verdict> {
  const tally = new Tally(
    [...keys.values()].flatMap((list) => list ?? []),
    usage,
  );
  const verdicts = new Map<string, Verdict>();
  for (const candidate of candidates) {
    const own = keys.get(candidate.id);
    const full = own?.find((key) => roomOf(key, usage.get(key.id)) <= 0);
    const first = full ?? own?.find((key) => isBehind(candidate, key));
    if (own && !first) {
      verdicts.set(candidate.id, { admitted: true });
      tally.add(candidate);
    } else verdicts.set(candidate.id, { admitted: false, key: first, hasRoom: !full });
  }
  return verdicts;
}

/** What a key still admits: tasks, or work that may be under way before the next task is refused. */
export const roomOf = ({ type, max }: Pick<RuleKey, 'type' | 'max'>, usage: Usage = { tasks: 0, work: 0 }): number =>
  max - (type === 'Concurrency' ? usage.tasks : usage.work);

/** The number of a matcher, the same in every replica and for every order of its fields. */
export const matcherId = ({ kind, status, fields }: Matcher): string => numberOf(kind, status, [...fields].sort());

/** Counts tasks in the keys that they match, which are found by the values that they have. */
class Tally {
  /** Kinds, and in which of their metadata fields the keys differ. */
  private readonly matchers = new Map<string, Matcher[]>();
  private readonly keys = new Map<string, Set<string>>();

  constructor(
    keys: readonly RuleKey[],
    private readonly usage: Map<string, Usage>,
  ) {
    const seen = new Set<string>();
    for (const { id, matcher, fields } of keys) {
      // What is admitted is `Claimed` from then on.
      if (matcher.status !== 'Running' && matcher.status !== 'Claimed') continue;
      const group = groupOf(matcher, fields);
      this.keys.set(group, (this.keys.get(group) ?? new Set()).add(id));
      const shape = matcherId(matcher);
      if (seen.has(shape)) continue;
      seen.add(shape);
      this.matchers.set(matcher.kind, [...(this.matchers.get(matcher.kind) ?? []), matcher]);
    }
  }

  add({ kind, metadata, remaining }: Candidate): void {
    for (const matcher of this.matchers.get(kind) ?? []) {
      const values = valuesOf(matcher.fields, metadata);
      for (const id of (values && this.keys.get(groupOf(matcher, values))) ?? []) {
        const { tasks, work } = this.usage.get(id) ?? { tasks: 0, work: 0 };
        this.usage.set(id, { tasks: tasks + 1, work: work + (remaining ?? 0) });
      }
    }
  }
}

/** What tasks have in common that a matcher counts together. */
const groupOf = ({ kind, status }: Matcher, fields: Record<string, unknown>): string =>
  `[${canonical(kind)},${canonical(status)},${canonicalFields(fields)}]`;

/** 63 bits: enough for no two of a real system to meet, and never negative or `NO_KEY`. */
function numberOf(...parts: unknown[]): string {
  const bits = createHash('sha256').update(canonical(parts)).digest().readBigUInt64BE() >> 1n;
  return String(bits || 1n);
}
