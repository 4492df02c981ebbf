import { Logger } from '@nestjs/common';
import { isConnectionFault, isSaidByServer, NotConnected } from './faults';
import type { SessionClient } from './session-client';

const TICK_MS = 100;
/** Nothing has been heard for so long before it asks. Most statements take a few milliseconds. */
export const PATIENCE_MS = 500;
/** How long the answer may take on a connection that is made for it. */
export const ANSWER_MS = 1500;
/** A statement that takes long is asked about less and less often. */
const MAX_PAUSE_MS = 5000;
/** A process that is this late with its own timers must not take its slowness for the database's. */
const MAX_LAG_MS = 250;

/** Something that waits for the database. */
interface Wait {
  /** Absent while there is no connection yet. */
  readonly client?: SessionClient;
  readonly giveUp: (fault: Error) => void;
  bytesRead: number;
  heardAt: number;
  askAt: number;
}

interface Surroundings {
  /** Asks on a new connection which of these sessions are lost. Rejects within `ANSWER_MS`. */
  findLost: (sessions: number[]) => Promise<number[]>;
  /** Called when the database does not answer. */
  away: () => void;
}

/**
 * Notices that the database has fallen silent: packets vanish without a refusal, or the other end of old connections is
 * gone, as after a failover. TCP notices that after minutes, and a statement's timeout after a minute.
 *
 * When something has waited for a while and nothing was heard, it asks on a new connection. If there is no answer there
 * either, all that waits is given up. If there is one, connections are given up which the server does not know, or on which
 * it waits for this side to speak. A statement that takes long is neither.
 */
export class Watchdog {
  private readonly logger = new Logger('Database');
  private readonly clients = new Set<SessionClient>();
  private readonly waits = new Set<Wait>();
  private heardAt = 0;
  private asking = false;
  private timer?: NodeJS.Timeout;

  constructor(private readonly surroundings: Surroundings) {}

  /** Makes a connection of the pool known, which is given up with the others, also when nobody uses it. */
  know(client: SessionClient): void {
    this.clients.add(client);
    client.once('end', () => this.clients.delete(client));
  }

  /** Watches work on a connection, which is broken when it must be given up. */
  async work<T>(client: SessionClient, work: () => Promise<T>): Promise<T> {
    const wait = this.begin({ client, giveUp: () => client.abandon() });
    try {
      return await work();
    } finally {
      this.hear(wait);
      this.waits.delete(wait);
    }
  }

  /**
   * Watches the acquisition of something, and rejects with `NotConnected` when it must be given up.
   * @param late is called with what is acquired after that.
   */
  acquisition<T>(acquiring: Promise<T>, late: (acquired: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const giveUp = (fault: Error) => {
        isOver = true;
        this.waits.delete(wait);
        reject(fault);
      };
      const wait = this.begin({ giveUp });
      acquiring.then((acquired) => {
        this.waits.delete(wait);
        if (isOver) late(acquired);
        else resolve(acquired);
      }, giveUp);
    });
  }

  stop(): void {
    clearInterval(this.timer);
    this.waits.clear();
  }

  private begin(what: Pick<Wait, 'client' | 'giveUp'>): Wait {
    const now = performance.now();
    const wait = { ...what, bytesRead: what.client?.bytesRead ?? 0, heardAt: now, askAt: now + PATIENCE_MS };
    this.waits.add(wait);
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
    return wait;
  }

  private hear(wait: Wait): void {
    const { client, bytesRead } = wait;
    if (!client || (client.isWaiting && !client.isSending && client.bytesRead === bytesRead)) return;
    wait.heardAt = performance.now();
    wait.askAt = wait.heardAt + PATIENCE_MS;
    if (client.bytesRead === bytesRead) return;
    wait.bytesRead = client.bytesRead;
    this.heardAt = wait.heardAt;
  }

  private tick(): void {
    if (this.waits.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.waits.forEach((wait) => this.hear(wait));
    if (this.asking) return;
    const now = performance.now();
    // Who has no connection yet is no matter for concern while others are answered.
    const isSilent = ({ client, askAt }: Wait) => now >= askAt && (client || now - this.heardAt >= PATIENCE_MS);
    const silent = [...this.waits].filter(isSilent);
    if (silent.length > 0) void this.ask(silent);
  }

  private async ask(silent: Wait[]): Promise<void> {
    this.asking = true;
    const begun = performance.now();
    for (const wait of silent) wait.askAt = begun + Math.min(MAX_PAUSE_MS, begun - wait.heardAt);
    try {
      const lost = await this.surroundings.findLost(silent.flatMap(({ client }) => client?.processID ?? []));
      await this.listen();
      const isLost = (wait: Wait) =>
        this.waits.has(wait) && wait.heardAt < begun && lost.includes(wait.client?.processID ?? 0);
      this.dropLost(silent.filter(isLost));
    } catch (error) {
      await this.listen();
      const isLate = performance.now() - begun > ANSWER_MS + MAX_LAG_MS;
      // A server that gives a reason is there; whoever waits will be told by it.
      if (!isSaidByServer(error) && isConnectionFault(error) && this.heardAt < begun && !isLate) this.giveUp(error);
    } finally {
      this.asking = false;
    }
  }

  /** Takes note of what has come while this process did something else. */
  private async listen(): Promise<void> {
    await new Promise(setImmediate);
    this.waits.forEach((wait) => this.hear(wait));
  }

  private dropLost(lost: Wait[]): void {
    if (lost.length === 0) return;
    this.logger.warn(`${lost.length} connections to the database are silent: they and idle ones are given up`);
    const inUse = new Set([...this.waits].map(({ client }) => client));
    for (const client of this.clients) if (!inUse.has(client)) client.abandon();
    for (const { client } of lost) client!.abandon();
  }

  private giveUp(error: unknown): void {
    this.logger.warn(`The database does not answer: ${this.waits.size} callers are refused (${String(error)})`);
    this.surroundings.away();
    const fault = new NotConnected(error);
    for (const wait of [...this.waits]) wait.giveUp(fault);
    for (const client of this.clients) client.abandon();
  }
}
