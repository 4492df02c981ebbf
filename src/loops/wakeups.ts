import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database';
import type { SessionClient } from '../database/session-client';
import { jittered } from '../domain/backoff';
import { listen, notify, session } from './sql/notify';
import { Worker } from './worker';

/** The kinds of work that a wake-up announces: tasks to start, delayed tasks, notifications to deliver, schedules. */
export type Topic = 'start' | 'due' | 'delivery' | 'schedule';

const RECONNECT_MS = 1000;
const ANSWER_TIMEOUT_MS = 3000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Wakes loops when there is work: those of this process at once, those of other replicas by `NOTIFY`. Loops also poll, so
 * a lost wake-up costs latency and nothing else. Wake-ups are sent on a connection of their own, one at a time, and only while
 * other replicas exist. Inside a transaction, `NOTIFY` would make commits wait for each other.
 *
 * Behind a pooler a replica sends wake-ups but does not listen: the pooler would lend the listening session to the next
 * client.
 */
@Injectable()
export class Wakeups implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Wakeups.name);
  private readonly loops = new Map<Topic, () => void>();
  private readonly unsent = new Set<Topic>();
  private client?: SessionClient;
  private reconnect?: NodeJS.Timeout;
  private sending = false;
  /** The last attempt to connect failed, and that has been logged. */
  private isDown = false;
  private closed = false;

  constructor(
    private readonly database: Database,
    private readonly worker: Worker,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.connect();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.reconnect);
    await this.client?.end();
  }

  /** Registers the loop of a topic: `wake` is called when there may be work. */
  on(topic: Topic, wake: () => void): void {
    this.loops.set(topic, wake);
  }

  /** Wakes the loop of the topic in every replica. */
  wake(topic: Topic): void {
    this.loops.get(topic)?.();
    if (this.worker.others === 0) return;
    this.unsent.add(topic);
    void this.send();
  }

  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    while (this.client && this.unsent.size > 0) {
      const { client } = this;
      const [topic] = this.unsent;
      this.unsent.delete(topic);
      // A wake-up that cannot be sent is dropped, as others poll. A connection that does not answer cannot listen either.
      await client.query(notify, [`${this.worker.id} ${topic}`]).catch(() => client.abandon());
    }
    this.sending = false;
  }

  private async connect(): Promise<void> {
    if (this.closed) return;
    const client = this.database.client({
      application_name: 'hookline wakeups',
      // It mostly listens, and notices a broken connection only by these probes.
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    });
    client.on('error', (error) => this.logger.debug(`Wake-up connection: ${error.message}`));
    client.on('end', () => this.connectLater());
    client.on('notification', ({ payload = '' }) => {
      const [sender, topic] = payload.split(' ');
      if (sender === this.worker.id) return;
      this.worker.noteOther();
      this.loops.get(topic as Topic)?.();
    });
    try {
      await client.connect();
      if (!(await isPooled(client))) await client.query(listen);
      else this.logger.log('Behind a connection pooler: this replica polls, as it cannot receive wake-ups');
      await client.query(notify, [`${this.worker.id} hello`]);
      this.client = client;
      this.isDown = false;
    } catch (error) {
      if (!this.isDown)
        this.logger.warn(`No wake-ups between replicas until the connection is back: ${(error as Error).message}`);
      this.isDown = true;
      await client.end().catch(() => undefined);
      this.connectLater();
    }
  }

  private connectLater(): void {
    this.client = undefined;
    clearTimeout(this.reconnect);
    if (!this.closed) this.reconnect = setTimeout(() => void this.connect(), jittered(RECONNECT_MS)).unref();
  }
}

/** Returns whether a pooler is in between: the session that answers is not the one that this client knows. */
async function isPooled(client: SessionClient): Promise<boolean> {
  const { rows } = await client.query<{ id: number }>(session);
  return rows[0].id !== client.processID;
}
