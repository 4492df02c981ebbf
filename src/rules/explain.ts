import { Injectable } from '@nestjs/common';
import { Readers } from '../database/readers';
import { writeJson } from '../domain/exact-number';
import { missingOf } from '../domain/matching';
import { isReadable, limitOf } from '../domain/rule';
import { type Candidate, capacityOf, keysOf, type RuleKey } from './admission';
import { activeTasks, type CountedTaskRow, otherTasks } from './sql/explain';
import { rowOf, usageOf } from './usage';

/** A rule that keeps a task from starting. */
export interface BlockingRule {
  /** The reason as a sentence. */
  text: string;
  /** The oldest tasks that count towards the limit. */
  tasks: CountedTaskRow[];
}

/** Explains which rules block a task at the moment. It reads without locks; `Rules` decides under locks. */
@Injectable()
export class Explain {
  constructor(private readonly readers: Readers) {}

  /**
   * Returns the rules that do not admit a task; none when all of them would.
   * @param limit of the tasks named for each rule.
   */
  async blockingRulesOf(candidate: Candidate, limit: number): Promise<BlockingRule[]> {
    const keys = keysOf(candidate);
    if (!keys) return lacksOf(candidate).map((text) => ({ text, tasks: [] }));
    const usage = await usageOf(this.readers, keys);
    // Two rules that are equal give one reason.
    const distinct = [...new Map(keys.map((key) => [key.id, key])).values()];
    const full = distinct.filter((key) => capacityOf(key, usage.get(key.id)) <= 0);
    return Promise.all(
      full.map(async (key) => ({
        text: describe(key, usage.get(key.id)?.[key.type === 'Concurrency' ? 'tasks' : 'work'] ?? 0),
        tasks: await this.readers.run(
          key.matcher.status === 'Running' ? activeTasks : otherTasks,
          writeJson(rowOf(key)),
          limit,
        ),
      })),
    );
  }
}

/** Returns what rules need and the task lacks, so that they can never admit it as it is. */
function lacksOf({ rules, metadata, remaining }: Candidate): string[] {
  const lacks = rules.flatMap((rule) => {
    if (!isReadable(rule)) return ['A stored rule is not valid: replace the rules of this kind of task'];
    const { type, matcher } = limitOf(rule);
    const needs = missingOf(matcher.fields, metadata).map((field) => `the metadata field ${field}`);
    if (type === 'Capacity' && remaining === null) needs.push('an expected_count');
    const which = `The ${type} rule on kind ${matcher.kind}`;
    return needs.map((need) => `${which} needs ${need}, which the task lacks`);
  });
  return [...new Set(lacks)];
}

function describe({ type, max, matcher: { kind, status }, fields }: RuleKey, used: number): string {
  const matching = [`kind ${kind}`, ...Object.keys(fields).map((name) => `same ${name}`)].join(', ');
  if (type === 'Capacity') return `Capacity limit reached: ${used} of ${max} items left in running tasks (${matching})`;
  // Tasks in other statuses are counted up to the limit only.
  const count = status === 'Running' ? used : `at least ${used}`;
  return `Concurrency limit reached: ${count} of ${max} ${status.toLowerCase()} (${matching})`;
}
