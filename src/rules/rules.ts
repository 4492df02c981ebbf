import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { writeJson } from '../domain/exact-number';
import {
  admit,
  type Admission,
  type Candidate,
  capacityOf,
  keysOf,
  matcherId,
  NO_KEY,
  type RuleKey,
} from './admission';
import { MAX_KEYS, OpenKeys } from './open-keys';
import { transactionInTime } from './out-of-time';
import { Overfetch } from './overfetch';
import { type BlockedRow, blockTasks, findBehind, firstBlocked, lockCandidates, unblockTasks } from './sql/blocked';
import { closeKeys, deleteMatchers, recordKeys, reopenKeys, type RuleKeyRow } from './sql/keys';
import { lockKinds } from './sql/kinds';
import { keyOf, rowOf, usageOf } from './usage';

/** A task that was found with rules. */
export interface Found {
  id: string;
  kind: string;
  /** Kinds that its rules count. */
  watched: string[];
}

type Blocked = Admission & { id: string; admitted: false };

/**
 * Admits tasks by their rules. Decisions about a kind are made one after another, across all replicas. Under a lock on
 * the kind, the usage is counted and candidates are admitted in their order. The others are blocked by a full key, so that
 * no claim reads them again before that key opens.
 */
@Injectable()
export class Rules {
  private readonly overfetch = new Overfetch();

  constructor(
    private readonly database: Database,
    private readonly keys: OpenKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Decides about candidates: admitted ones are claimed, the others blocked.
   * @param candidates as they were found; the decision is about their current state.
   * @param fullHosts hosts whose tasks cannot start now, and so hold up no others.
   * @param claim claims the admitted tasks, which are locked and in the order in which they start.
   * @returns the result of `claim`, and whether tasks that were blocked before may be admitted.
   */
  admit<T>(
    candidates: readonly Found[],
    fullHosts: number[],
    budgetMs: number,
    claim: (tx: Tx, ids: string[]) => Promise<T>,
  ): Promise<{ claimed: T; moreAdmissible: boolean }> {
    const kinds = kindsOf(candidates);
    return this.decide(kinds, budgetMs, async (tx) => {
      const locked = await lock(tx, candidates, new Set(kinds));
      const keysById = new Map(locked.map((candidate) => [candidate.id, keysOf(candidate)]));
      const distinct = new Map([...keysById.values()].flatMap((list) => list ?? []).map((key) => [key.id, key]));
      const isBehind = await behind(tx, keysById, fullHosts);
      const admissions = admit(locked, keysById, isBehind, await usageOf(tx, [...distinct.values()]));
      const blocked = locked.flatMap(({ id }): Blocked[] => {
        const admission = admissions.get(id)!;
        return admission.admitted ? [] : [{ id, ...admission }];
      });
      this.overfetch.blocked(blocked);
      const moreAdmissible = await this.block(tx, blocked);
      const admitted = locked.filter(({ id }) => admissions.get(id)!.admitted).map(({ id }) => id);
      return { claimed: await claim(tx, admitted), moreAdmissible };
    });
  }

  /** Returns keys that may have capacity and are not about the excluded kinds, a limited number of them. */
  openKeys(excludedKinds: string[]): Promise<RuleKeyRow[]> {
    return this.keys.find(excludedKinds);
  }

  /** Takes note that a key may have been opened, perhaps by another replica. */
  mayHaveOpened(): void {
    this.keys.mayHaveOpened();
  }

  /**
   * Unblocks tasks of keys that have capacity, at most `limit` for each; closes full keys.
   * @param fullHosts hosts whose tasks stay blocked.
   * @returns whether another scan for tasks is worthwhile now.
   */
  unblock(rows: readonly RuleKeyRow[], limit: number, fullHosts: number[], budgetMs: number): Promise<boolean> {
    const keys = rows.map(keyOf);
    const kinds = [...new Set(rows.map(({ kind }) => kind))];
    return this.decide(kinds, budgetMs, async (tx) => {
      const usage = await usageOf(tx, keys);
      const capacities = new Map(keys.map((key) => [key.id, capacityOf(key, usage.get(key.id))]));
      const capacity = ({ id }: RuleKey) => capacities.get(id)!;
      const extra = ({ id }: RuleKey) => this.overfetch.extra(id);
      const open = keys.filter((key) => capacity(key) > 0);
      const blocked = await tx.run(
        firstBlocked,
        open.map(({ id }) => id),
        open.map((key) => Math.min(limit, capacity(key) + extra(key))),
        fullHosts,
      );
      const blockedBy = new Map(open.map(({ id }): [string, BlockedRow[]] => [id, []]));
      for (const task of blocked) blockedBy.get(task.key)!.push(task);
      const full = keys.filter((key) => capacity(key) <= 0).map(({ id }) => id);
      // A key without a blocked task is deleted, unless the query may have skipped one because of its host.
      const empty =
        fullHosts.length > 0 ? [] : open.map(({ id }) => id).filter((id) => blockedBy.get(id)!.length === 0);
      await tx.run(closeKeys, full, empty);
      if (empty.length > 0) await tx.run(deleteMatchers, kinds);
      this.overfetch.closed([...full, ...empty]);
      const next = open.flatMap((key) => fitting(key, capacity(key), extra(key), blockedBy.get(key.id)!));
      this.overfetch.unblocked(next);
      const ids = next.map(({ id }) => id);
      const unblocked = ids.length > 0 ? await tx.run(unblockTasks, ids) : [];
      return unblocked.length > 0 || keys.length === MAX_KEYS;
    });
  }

  /** Runs a transaction that holds the locks of these kinds. */
  private decide<T>(kinds: string[], budgetMs: number, work: (tx: Tx) => Promise<T>): Promise<T> {
    return transactionInTime(this.database, async (tx) => {
      await tx.run(lockKinds, kinds, Math.min(budgetMs, this.config.pool.statementTimeoutSecs * 1000));
      return work(tx);
    });
  }

  /** Blocks tasks; returns whether one of their keys has capacity, for tasks that come before them. */
  private async block(tx: Tx, blocked: readonly Blocked[]): Promise<boolean> {
    if (blocked.length === 0) return false;
    const keysById = new Map(blocked.flatMap(({ key }) => (key ? [[key.id, key] as const] : [])));
    const rows = [...keysById.values()].map((key) => ({ ...rowOf(key), matcher: matcherId(key.matcher) }));
    if (rows.length > 0) await tx.run(recordKeys, writeJson(rows));
    await tx.run(
      blockTasks,
      blocked.map(({ id }) => id),
      blocked.map(({ key }) => key?.id ?? NO_KEY),
    );
    const open = blocked.flatMap(({ key, hasCapacity }) => (key && hasCapacity ? [key.id] : []));
    if (open.length > 0) {
      await tx.run(reopenKeys, [...new Set(open)]);
      this.keys.mayHaveOpened();
    }
    return open.length > 0;
  }
}

/** Returns the kinds to lock: those that the candidates' rules count, and their own, in which they will be counted. */
const kindsOf = (candidates: readonly Found[]): string[] => [
  ...new Set(candidates.flatMap(({ kind, watched }) => [kind, ...watched])),
];

/** Locks candidates, except those whose rules have changed since and count kinds that are not locked. */
async function lock(tx: Tx, candidates: readonly Found[], kinds: ReadonlySet<string>): Promise<Candidate[]> {
  const rows = await tx.run(
    lockCandidates,
    candidates.map(({ id }) => id),
  );
  return rows
    .map((row): Candidate => ({ ...row, rules: row.rules ?? [] }))
    .filter((candidate) => keysOf(candidate)?.every(({ matcher }) => kinds.has(matcher.kind)) ?? true);
}

/** Finds the candidates that must queue up behind tasks which are blocked by one of their keys. */
async function behind(tx: Tx, keysById: ReadonlyMap<string, RuleKey[] | undefined>, fullHosts: number[]) {
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

/** Returns the blocked tasks of a key, in their order, that its capacity admits, and `extra` more. */
function fitting({ type }: RuleKey, capacity: number, extra: number, blocked: readonly BlockedRow[]): BlockedRow[] {
  let left = capacity;
  const count = blocked.findIndex(({ remaining }) => {
    const isFull = left <= 0;
    left -= type === 'Concurrency' ? 1 : remaining;
    return isFull;
  });
  return blocked.slice(0, count < 0 ? blocked.length : count + extra);
}
