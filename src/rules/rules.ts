import { Injectable } from '@nestjs/common';
import { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import type { Tx } from '../database/statement';
import { Wakeups } from '../loops/wakeups';
import { Metrics } from '../metrics/metrics';
import { admit, type Candidate, keysOf, NO_KEY, roomOf, type RuleKey, type Usage } from './admission';
import * as keys from './sql/keys';
import { firstParked, lockCandidates, park, unpark } from './sql/parked';

// So many keys are looked at in one transaction; the others come next.
const KEYS_AT_ONCE = 200;

/**
 * Admission by rules. Decisions about a kind are taken one after another, in every replica: under a lock on the kind,
 * what is under way is counted, candidates are admitted in their order, and the ones that must wait are set aside
 * under the key that blocks them, so that no claim looks at them again before that key opens.
 */
@Injectable()
export class Rules {
  private readonly changes: Coalescer<readonly Changed[], void>;

  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
    metrics: Metrics,
  ) {
    this.changes = new Coalescer((groups) => this.openKeysOf(groups.flat()).then(() => groups.map(() => undefined)), {
      onFlush: (items) => metrics.database.flushed('rules', items),
    });
  }

  /**
   * Decides about candidates that have rules, and sets aside the ones that must wait.
   * @param candidates ids and what was known of them when they were found; decided on as they are now.
   * @returns the admitted ones, locked, in the order in which they start.
   */
  async admit(tx: Tx, candidates: readonly Found[]): Promise<string[]> {
    await tx.run(keys.lockKinds, kindsOf(candidates));
    const rows = await tx.run(
      lockCandidates,
      candidates.map(({ id }) => id),
    );
    const locked: Candidate[] = rows.map((row) => ({ ...row, rules: row.rules ?? [] }));
    const keysById = new Map(locked.map((candidate) => [candidate.id, keysOf(candidate)]));
    const distinct = new Map([...keysById.values()].flatMap((list) => list ?? []).map((key) => [key.id, key]));
    const verdicts = admit(locked, keysById, await this.usage(tx, [...distinct.values()]));
    const blocked = locked.flatMap(({ id }) => {
      const verdict = verdicts.get(id)!;
      return verdict.admitted ? [] : [{ id, key: verdict.key }];
    });
    await this.setAside(tx, blocked);
    return locked.filter(({ id }) => verdicts.get(id)!.admitted).map(({ id }) => id);
  }

  /**
   * Brings back tasks whose keys have room again, at most `limit` a key; keys found full are closed. Answers whether it
   * is worth looking again at once.
   */
  async bringBack(limit: number): Promise<boolean> {
    const open = await this.database.run(keys.openKeys, KEYS_AT_ONCE);
    if (open.length === 0) return false;
    return this.database.transaction(async (tx) => {
      await tx.run(keys.lockKinds, [...new Set(open.map(({ kind }) => kind))]);
      const usage = await this.usage(
        tx,
        open.map(({ kind, status, ...key }) => ({ ...key, matcher: { kind, status, fields: [] } })),
      );
      const roomy = open.filter((key) => roomOf(key, usage.get(key.id)) > 0);
      const parked = await tx.run(
        firstParked,
        roomy.map(({ id }) => id),
        limit,
      );
      const empty = roomy.filter(({ id }) => !parked.some(({ key }) => key === id)).map(({ id }) => id);
      const full = open.filter((key) => !roomy.includes(key)).map(({ id }) => id);
      await tx.run(keys.closeKeys, full, empty);
      const back = roomy.flatMap((key) => {
        let room = roomOf(key, usage.get(key.id));
        return parked
          .filter((task) => task.key === key.id)
          .filter(({ remaining }) => {
            const fits = room > 0;
            room -= key.type === 'Concurrency' ? 1 : remaining;
            return fits;
          })
          .map(({ id }) => id);
      });
      const came = back.length > 0 ? (await tx.run(unpark, back)).length : 0;
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

  /** Looks at all keys again. */
  async sweep(): Promise<void> {
    if ((await this.database.run(keys.openAllKeys)).length > 0) this.wakeups.wake('start');
  }

  private async openKeysOf(tasks: readonly Changed[]): Promise<void> {
    const opened = await this.database.transaction(async (tx) => {
      await tx.run(keys.lockKindsShared, [...new Set(tasks.map(({ kind }) => kind))]);
      return tx.run(
        keys.openKeysOf,
        tasks.map(({ id }) => id),
        tasks.filter(({ otherMetadata }) => otherMetadata).map(({ kind }) => kind),
      );
    });
    if (opened.length > 0) this.wakeups.wake('start');
  }

  private async usage(tx: Tx, wanted: readonly RuleKey[]): Promise<Map<string, Usage>> {
    const json = (part: readonly RuleKey[]) =>
      JSON.stringify(part.map(({ id, matcher: { kind, status }, fields }) => ({ id, kind, status, fields })));
    const active = wanted.filter(({ matcher }) => matcher.status === 'Running');
    const other = wanted.filter(({ matcher }) => matcher.status !== 'Running');
    const rows = [
      ...(active.length > 0 ? await tx.run(keys.activeUsage, json(active)) : []),
      ...(other.length > 0 ? await tx.run(keys.otherUsage, json(other)) : []),
    ];
    return new Map(rows.map(({ id, tasks, work }) => [id, { tasks, work: Number(work) }]));
  }

  private async setAside(tx: Tx, blocked: readonly { id: string; key?: RuleKey }[]): Promise<void> {
    if (blocked.length === 0) return;
    const full = new Map(blocked.flatMap(({ key }) => (key ? [[key.id, key] as const] : [])));
    const rows = [...full.values()].map(({ id, type, max, matcher: { kind, status }, fields }) => ({
      id,
      type,
      max,
      kind,
      status,
      fields,
    }));
    if (rows.length > 0) await tx.run(keys.recordKeys, JSON.stringify(rows));
    await tx.run(
      park,
      blocked.map(({ id }) => id),
      blocked.map(({ key }) => key?.id ?? NO_KEY),
    );
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

/** What a decision about these must have to itself: what their rules count, and what they themselves will be counted in. */
const kindsOf = (candidates: readonly Found[]): string[] => [
  ...new Set(candidates.flatMap(({ kind, watched }) => [kind, ...watched])),
];
