import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Breaker } from './breaker';
import { isConnectionFault, isSaidByServer, NotConnected } from './faults';
import { DatabaseServer } from './server';
import type { SessionClient } from './session-client';

const TICK_MS = 100;
/** Silence before the watchdog asks. Most statements take a few milliseconds. */
const SILENCE_MS = 500;
/** Time for the answer, on a connection that is made for the question. */
const ANSWER_MS = 1500;
/** A slow statement is asked about less and less often. */
const LONGEST_PAUSE_MS = 5000;
/** A process whose own timers are this late must not take its slowness for the database's. */
const MAX_LAG_MS = 250;

/** A caller that waits for the database. */
interface Wait {
  /** Absent while the caller has no connection. */
  readonly client?: SessionClient;
  readonly giveUp: (fault: Error) => void;
  bytesRead: number;
  heardAt: number;
  askAt: number;
}

/**
 * Notices a silent database: packets are lost without a refusal, or the other end of old connections is gone, as after a
 * failover. TCP notices that after minutes, and the timeout of a statement after one minute.
 *
 * After some silence, it asks the server on a new connection. If there is no answer either, it opens the breaker and gives
 * up all waits. Otherwise it drops the connections that the server does not know, or on which it waits for this process.
 * A connection with a slow statement is neither, and stays.
 */
@Injectable()
export class Watchdog implements OnApplicationShutdown {
  private readonly logger = new Logger('Database');
  private readonly clients = new Set<SessionClient>();
  private readonly waits = new Set<Wait>();
  private heardAt = 0;
  private asking = false;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly server: DatabaseServer,
    private readonly breaker: Breaker,
  ) {}

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.waits.clear();
  }

  /** Adds a connection of the pool, so that it is dropped with the others even when it is idle. */
  know(client: SessionClient): void {
    this.clients.add(client);
    client.once('end', () => this.clients.delete(client));
  }

  /** Watches work on a connection. Giving up breaks the connection, and that rejects the work. */
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
   * Watches the acquisition of a connection, and rejects with `NotConnected` when it gives up.
   * @param late is called with a connection that arrives after that.
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

  private begin(caller: Pick<Wait, 'client' | 'giveUp'>): Wait {
    const now = performance.now();
    const wait = { ...caller, bytesRead: caller.client?.bytesRead ?? 0, heardAt: now, askAt: now + SILENCE_MS };
    this.waits.add(wait);
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
    return wait;
  }

  private hear(wait: Wait): void {
    const { client, bytesRead } = wait;
    if (!client || (client.isWaiting && !client.isSending && client.bytesRead === bytesRead)) return;
    wait.heardAt = performance.now();
    wait.askAt = wait.heardAt + SILENCE_MS;
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
    // A caller without a connection is no cause for concern while others get answers.
    const isSilent = ({ client, askAt }: Wait) => now >= askAt && (client || now - this.heardAt >= SILENCE_MS);
    const silent = [...this.waits].filter(isSilent);
    if (silent.length > 0) void this.ask(silent);
  }

  private async ask(silent: Wait[]): Promise<void> {
    this.asking = true;
    const begun = performance.now();
    for (const wait of silent) wait.askAt = begun + Math.min(LONGEST_PAUSE_MS, begun - wait.heardAt);
    try {
      const sessions = silent.flatMap(({ client }) => client?.processID ?? []);
      const lost = await this.server.findLost(sessions, SILENCE_MS, ANSWER_MS);
      await this.hearAll();
      const isLost = (wait: Wait) =>
        this.waits.has(wait) && wait.heardAt < begun && lost.includes(wait.client?.processID ?? 0);
      this.dropLost(silent.filter(isLost));
    } catch (error) {
      await this.hearAll();
      const isLate = performance.now() - begun > ANSWER_MS + MAX_LAG_MS;
      // A server that gives a reason is up, and will tell the callers itself.
      if (!isSaidByServer(error) && isConnectionFault(error) && this.heardAt < begun && !isLate) this.giveUp(error);
    } finally {
      this.asking = false;
    }
  }

  /** Reads what arrived while this process was busy. */
  private async hearAll(): Promise<void> {
    await new Promise(setImmediate);
    this.waits.forEach((wait) => this.hear(wait));
  }

  private dropLost(lost: Wait[]): void {
    if (lost.length === 0) return;
    this.logger.warn(`Dropping ${lost.length} silent connections to the database, and all idle ones`);
    const inUse = new Set([...this.waits].map(({ client }) => client));
    for (const client of this.clients) if (!inUse.has(client)) client.abandon();
    for (const { client } of lost) client!.abandon();
  }

  private giveUp(error: unknown): void {
    this.logger.warn(`The database does not answer: refusing ${this.waits.size} callers (${String(error)})`);
    this.breaker.trip();
    const fault = new NotConnected(error);
    for (const wait of [...this.waits]) wait.giveUp(fault);
    for (const client of this.clients) client.abandon();
  }
}
