import { Injectable } from '@nestjs/common';
import { Readers } from '../database/readers';
import { type Candidate, keysOf, roomOf, type RuleKey } from './admission';
import { activeHolders, type HolderRow, otherHolders } from './sql/explain';
import { rowOf, usageOf } from './usage';
import { writeJson } from '../domain/exact-number';

/** Why rules keep a task from starting. */
export interface BlockingRule {
  /** In one sentence. */
  text: string;
  /** Who takes the room that it would need. */
  holders: HolderRow[];
}

/** Says what rules have against a task, as things are now. It decides nothing: that is done under locks, by `Rules`. */
@Injectable()
export class Explain {
  constructor(private readonly readers: Readers) {}

  /**
   * The rules that do not admit it; none when all of them would.
   * @param limit of the holders named for each.
   */
  async blockingRulesOf(candidate: Candidate, limit: number): Promise<BlockingRule[]> {
    const keys = keysOf(candidate);
    if (!keys) {
      return [{ text: 'A rule needs metadata or an expected_count that the task does not have', holders: [] }];
    }
    const usage = await usageOf(this.readers, keys);
    const full = keys.filter((key) => roomOf(key, usage.get(key.id)) <= 0);
    return Promise.all(
      full.map(async (key) => ({
        text: describe(key, usage.get(key.id)?.[key.type === 'Concurrency' ? 'tasks' : 'work'] ?? 0),
        holders: await this.readers.run(
          key.matcher.status === 'Running' ? activeHolders : otherHolders,
          writeJson([rowOf(key)]),
          limit,
        ),
      })),
    );
  }
}

function describe({ type, max, matcher, fields }: RuleKey, used: number): string {
  const names = Object.keys(fields);
  const alike = names.length > 0 ? ` with the same ${names.join(', ')}` : '';
  const counted = `of kind ${matcher.kind} in state ${matcher.status}${alike}`;
  // Tasks in other states are counted up to the limit.
  const there = matcher.status === 'Running' ? used : `at least ${used}`;
  return type === 'Concurrency'
    ? `A rule lets it start beside fewer than ${max} tasks ${counted}, and there are ${there}`
    : `A rule lets it start while less than ${max} items are left in tasks ${counted}, and there are ${used}`;
}
