import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import type { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { isLocked, isTimeout } from '../database/faults';
import { Coalescers } from '../database/coalescers';
import type { Tx } from '../database/statement';
import { Wakeups } from '../loops/wakeups';
import { admit, type Candidate, keysOf, matcherId, NO_KEY, roomOf, type RuleKey, type Verdict } from './admission';
import { Overfetch } from './overfetch';
import { OutOfTime } from './kind-isolation';
import * as keys from './sql/keys';
import type { RuleKeyRow } from './sql/keys';
import { lockKinds, lockKindsShared } from './sql/kinds';
import { findBehind, firstBlocked, lockCandidates, blockTasks, type BlockedRow, unblockTasks } from './sql/blocked';
import { rowOf, usageOf } from './usage';
import { writeJson } from '../domain/exact-number';

// So many keys are looked at in one transaction; the others come next.
const KEYS_AT_ONCE = 200;
/** What has changed in a kind that others decide about for long is told again after so long. */
const TELL_AGAIN_MS = 200;

/**
 * Admission by rules. KindIsolation about a kind are taken one after another, in every replica: under a lock on the kind,
 * what is under way is counted, candidates are admitted in their order, and the ones that must wait are set aside
 * under the key that blocks them, so that no claim looks at them again before that key opens.
 */
@Injectable()
export class Rules {
  private readonly changes: Coalescer<readonly Changed[], void>;
  private readonly crowds = new Overfetch();
  /** Counts up whenever a key may have been opened; the database is not asked again before that. */
  private news = 1;
  /** The news after which no key was found open. */
  private looked = 0;

  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
    coalescers: Coalescers,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.changes = coalescers.create('rules', (groups) =>
      this.openKeysOf(groups.flat()).then(() => groups.map(() => undefined)),
    );
  }

  /**
   * Decides about candidates that have rules, has the admitted ones claimed, and sets aside the ones that must wait.
   * @param candidates ids and what was known of them when they were found; decided on as they are now.
   * @param fullHosts whose tasks cannot start just now, and so keep nobody else waiting.
   * @param claim takes the admitted ones, which are locked, in the order in which they start.
   * @returns what `claim` did, and whether there is room for others that were set aside before.
   */
  admit<T>(
    candidates: readonly Found[],
    fullHosts: number[],
    budgetMs: number,
    claim: (tx: Tx, ids: string[]) => Promise<T>,
  ): Promise<{ claimed: T; roomForOthers: boolean }> {
    const kinds = kindsOf(candidates);
    return this.decide(kinds, budgetMs, async (tx) => {
      const { ids, roomForOthers } = await this.verdicts(tx, candidates, fullHosts, new Set(kinds));
      return { claimed: await claim(tx, ids), roomForOthers };
    });
  }

  /** Takes a decision that has these kinds to itself. */
  private decide<T>(kinds: string[], budgetMs: number, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.inTime(async (tx) => {
      await tx.run(lockKinds, kinds, Math.min(budgetMs, this.config.pool.statementTimeoutSecs * 1000));
      return work(tx);
    });
  }

  /** A transaction that fails with `OutOfTime` if it has to wait for long. */
  private inTime<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction((tx) =>
      work(tx).catch((cause: unknown) => {
        throw isLocked(cause) || isTimeout(cause) ? new OutOfTime('Rules had to wait for long', { cause }) : cause;
      }),
    );
  }

  /** @param held the kinds that this decision has to itself. */
  private async verdicts(tx: Tx, candidates: readonly Found[], fullHosts: number[], held: ReadonlySet<string>) {
    const rows = await tx.run(
      lockCandidates,
      candidates.map(({ id }) => id),
    );
    // Rules that have changed since they were found may look at other kinds.
    const locked = rows
      .map((row): Candidate => ({ ...row, rules: row.rules ?? [] }))
      .filter((candidate) => keysOf(candidate)?.every(({ matcher }) => held.has(matcher.kind)) ?? true);
    const keysById = new Map(locked.map((candidate) => [candidate.id, keysOf(candidate)]));
    const distinct = new Map([...keysById.values()].flatMap((list) => list ?? []).map((key) => [key.id, key]));
    const isBehind = await this.behind(tx, keysById, fullHosts);
    const verdicts = admit(locked, keysById, isBehind, await usageOf(tx, [...distinct.values()]));
    const blocked = locked.flatMap(({ id }) => {
      const verdict = verdicts.get(id)!;
      return verdict.admitted ? [] : [{ id, ...verdict }];
    });
    this.crowds.decided(blocked);
    const roomForOthers = await this.setAside(tx, blocked);
    return { ids: locked.filter(({ id }) => verdicts.get(id)!.admitted).map(({ id }) => id), roomForOthers };
  }

  /** Keys that may have room again, and are not about one of these kinds; some of them if there are many. */
  async openKeys(kindsAside: string[]): Promise<RuleKeyRow[]> {
    if (this.looked === this.news) return [];
    const { news } = this;
    const rows = await this.database.run(keys.openKeys, KEYS_AT_ONCE, kindsAside);
    if (rows.length === 0 && kindsAside.length === 0) this.looked = news;
    return rows;
  }

  /**
   * Brings back tasks from under these keys where there is room, at most `limit` a key; keys found full are closed. Answers
   * whether it is worth looking again at once.
   * @param fullHosts whose tasks stay where they are.
   */
  unblock(rows: readonly RuleKeyRow[], limit: number, fullHosts: number[], budgetMs: number): Promise<boolean> {
    const open = rows.map(({ kind, status, names, ...key }): RuleKey => ({
      ...key,
      matcher: { kind, status, fields: names },
    }));
    const kinds = [...new Set(rows.map(({ kind }) => kind))];
    return this.decide(kinds, budgetMs, async (tx) => {
      const usage = await usageOf(tx, open);
      const room = new Map(open.map((key) => [key.id, roomOf(key, usage.get(key.id))]));
      const roomy = open.filter(({ id }) => room.get(id)! > 0);
      const wanted = (key: RuleKey) => Math.min(limit, this.crowds.ahead(key.id) + room.get(key.id)!);
      const parked = new Map<string, BlockedRow[]>(roomy.map(({ id }) => [id, []]));
      const first = await tx.run(
        firstBlocked,
        roomy.map(({ id }) => id),
        roomy.map(wanted),
        fullHosts,
      );
      for (const task of first) parked.get(task.key)!.push(task);
      const full = open.filter((key) => !roomy.includes(key)).map(({ id }) => id);
      // Where nobody was found, somebody may have been passed over.
      const empty = fullHosts.length > 0 ? [] : roomy.map(({ id }) => id).filter((id) => parked.get(id)!.length === 0);
      await tx.run(keys.closeKeys, full, empty);
      if (empty.length > 0) await tx.run(keys.forgetMatchers, kinds);
      this.crowds.closed([...full, ...empty]);
      const back = roomy.flatMap((key) =>
        fitting(key, room.get(key.id)!, this.crowds.ahead(key.id), parked.get(key.id)!).map((id) => ({
          id,
          key: key.id,
        })),
      );
      this.crowds.broughtBack(back);
      const ids = back.map(({ id }) => id);
      const came = ids.length > 0 ? (await tx.run(unblockTasks, ids)).length : 0;
      return came > 0 || open.length === KEYS_AT_ONCE;
    });
  }

  /**
   * To be told after the commit of whatever may let others start: ends, less work, other metadata, requeueing. What
   * is missed between a commit and this, by a crash, the sweep finds.
   * @param tasks of kinds that rules look at.
   */
  async changed(tasks: readonly Changed[]): Promise<void> {
    if (tasks.length > 0) await this.changes.add(tasks);
  }

  /** Somebody, perhaps in another replica, may have opened a key. */
  mayHaveOpened(): void {
    this.news++;
  }

  /** Looks at all keys again; answers how many there are to look at. */
  async sweep(): Promise<number> {
    const { length } = await this.database.run(keys.openAllKeys);
    if (length > 0) this.wakeups.wake('start');
    return length;
  }

  /** A kind that others decide about for long holds up no other. What is lost with the process then, the sweep finds. */
  private async openKeysOf(tasks: readonly Changed[]): Promise<void> {
    const kinds = [...new Set(tasks.map(({ kind }) => kind))];
    try {
      const opened = await this.inTime(async (tx) => {
        await tx.run(lockKindsShared, kinds);
        return tx.run(
          keys.openKeysOf,
          tasks.map(({ id }) => id),
          tasks.filter(({ otherMetadata }) => otherMetadata).map(({ kind }) => kind),
        );
      });
      if (opened.length > 0) this.wakeups.wake('start');
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      if (kinds.length > 1) for (const each of kinds) await this.openKeysOf(tasks.filter(({ kind }) => kind === each));
      else setTimeout(() => void this.changed(tasks).catch(() => undefined), TELL_AGAIN_MS).unref();
    }
  }

  /** Whoever comes while others wait for the same room queues up behind them. */
  private async behind(tx: Tx, keysById: ReadonlyMap<string, RuleKey[] | undefined>, fullHosts: number[]) {
    const pairs = [...keysById].flatMap(([id, list]) => (list ?? []).map((key) => [id, key.id] as const));
    const rows = await tx.run(
      findBehind,
      pairs.map(([id]) => id),
      pairs.map(([, key]) => key),
      fullHosts,
    );
    const found = new Set(rows.map(({ id, key }) => `${id} ${key}`));
    return (candidate: Candidate, key: RuleKey) => found.has(`${candidate.id} ${key.id}`);
  }

  private async setAside(tx: Tx, blocked: readonly (Verdict & { id: string; admitted: false })[]): Promise<boolean> {
    if (blocked.length === 0) return false;
    const keysById = new Map(blocked.flatMap(({ key }) => (key ? [[key.id, key] as const] : [])));
    const rows = [...keysById.values()].map((key) => ({ ...rowOf(key), matcher: matcherId(key.matcher) }));
    if (rows.length > 0) await tx.run(keys.recordKeys, writeJson(rows));
    await tx.run(
      blockTasks,
      blocked.map(({ id }) => id),
      blocked.map(({ key }) => key?.id ?? NO_KEY),
    );
    const roomy = blocked.flatMap(({ key, hasRoom }) => (key && hasRoom ? [key.id] : []));
    if (roomy.length > 0) {
      await tx.run(keys.reopenKeys, [...new Set(roomy)]);
      this.news++;
    }
    return roomy.length > 0;
  }
}

/** A task that was found with rules. */
export interface Found {
  id: string;
  kind: string;
  /** Kinds that its rules look at. */
  watched: string[];
}

/** A task that rules count, and that has changed. */
export interface Changed {
  id: string;
  kind: string;
  /** Its metadata was replaced: it may have left any key. */
  otherMetadata?: boolean;
}

/** As many of the tasks set aside under a key, in their order, as there is room for, and some more. */
function fitting({ type }: RuleKey, room: number, ahead: number, parked: readonly BlockedRow[]): string[] {
  let left = room;
  const count = parked.findIndex(({ remaining }) => {
    const isFull = left <= 0;
    left -= type === 'Concurrency' ? 1 : remaining;
    return isFull;
  });
  return (count < 0 ? parked : parked.slice(0, count + ahead)).map(({ id }) => id);
}

/** What a decision about these must have to itself: what their rules count, and what they themselves will be counted in. */
const kindsOf = (candidates: readonly Found[]): string[] => [
  ...new Set(candidates.flatMap(({ kind, watched }) => [kind, ...watched])),
];
