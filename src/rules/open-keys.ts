import { Injectable } from '@nestjs/common';
import type { Coalescer } from '../database/coalescer';
import { Coalescers } from '../database/coalescers';
import { Database } from '../database/database';
import { Wakeups } from '../loops/wakeups';
import { OutOfTime, transactionInTime } from './out-of-time';
import { findOpenKeys, openAllKeys, openKeysOf, type RuleKeyRow } from './sql/keys';
import { lockKindsShared } from './sql/kinds';

/** Keys handled in one transaction; the others follow. */
export const MAX_KEYS = 200;
/** The delay before keys are opened again whose kind was locked for long. */
const RETRY_MS = 200;

/** A task that rules count, and that has changed. */
export interface Changed {
  id: string;
  kind: string;
  /** Its metadata was replaced, so any key may have counted it before. */
  otherMetadata?: boolean;
}

/** Opens the keys that may have capacity again, and finds them. */
@Injectable()
export class OpenKeys {
  private readonly changes: Coalescer<readonly Changed[], void>;
  /** Grows whenever a key may have been opened; until then the database is not queried again. */
  private version = 1;
  /** The version at which no key was open. */
  private noneOpenAt = 0;

  constructor(
    private readonly database: Database,
    private readonly wakeups: Wakeups,
    coalescers: Coalescers,
  ) {
    this.changes = coalescers.create('rules', (groups) =>
      this.openKeysOf(groups.flat()).then(() => groups.map(() => undefined)),
    );
  }

  /** Returns open keys that are not about the excluded kinds, at most `MAX_KEYS`. */
  async find(excludedKinds: string[]): Promise<RuleKeyRow[]> {
    if (this.noneOpenAt === this.version) return [];
    const { version } = this;
    const rows = await this.database.run(findOpenKeys, MAX_KEYS, excludedKinds);
    if (rows.length === 0 && excludedKinds.length === 0) this.noneOpenAt = version;
    return rows;
  }

  /** Takes note that a key may have been opened, perhaps by another replica. */
  mayHaveOpened(): void {
    this.version++;
  }

  /**
   * Opens the keys that count these tasks. To be called after every commit that may let others start: tasks that end, have
   * less work left or other metadata, or are requeued. If a crash prevents the call, the sweep opens the keys.
   */
  async changed(tasks: readonly Changed[]): Promise<void> {
    if (tasks.length > 0) await this.changes.add(tasks);
  }

  /** Opens all keys; returns how many were closed. */
  async openAll(): Promise<number> {
    const { length } = await this.database.run(openAllKeys);
    if (length > 0) this.wakeups.wake('start');
    return length;
  }

  /** A kind that is locked for long delays no other: it is retried alone. If the process ends first, the sweep opens its keys. */
  private async openKeysOf(tasks: readonly Changed[]): Promise<void> {
    const kinds = [...new Set(tasks.map(({ kind }) => kind))];
    try {
      const opened = await transactionInTime(this.database, async (tx) => {
        await tx.run(lockKindsShared, kinds);
        return tx.run(
          openKeysOf,
          tasks.map(({ id }) => id),
          tasks.filter(({ otherMetadata }) => otherMetadata).map(({ kind }) => kind),
        );
      });
      if (opened.length > 0) this.wakeups.wake('start');
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      if (kinds.length > 1) for (const each of kinds) await this.openKeysOf(tasks.filter(({ kind }) => kind === each));
      else setTimeout(() => void this.changed(tasks).catch(() => undefined), RETRY_MS).unref();
    }
  }
}
