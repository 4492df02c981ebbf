import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { Database } from '../database/database';
import type { SessionClient } from '../database/session-client';
import { listen, notify, session } from './sql/notify';
import { Worker } from './worker';

/** What there may be to do: tasks to start, notifications to deliver. */
export type Topic = 'start' | 'delivery';

const RECONNECT_MS = 1_000;
const ANSWER_TIMEOUT_MS = 3_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Tells loops that there is work: those of this process at once, those of other replicas by `NOTIFY`. It is only a
 * hint, and polling is the safety net, so a hint that is lost costs latency and nothing else. Hints are sent on a
 * connection of their own, outside of any transaction (a `NOTIFY` within one makes commits wait for each other), at
 * most one at a time, and none while there is no other replica.
 *
 * Behind a pooler hints are sent, but none are heard: it would lend the session that listens to the next client, and
 * hints would reach strangers.
 */
@Injectable()
export class Wakeups implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Wakeups.name);
  private readonly sleepers = new Map<Topic, () => void>();
  private readonly unsent = new Set<Topic>();
  private client?: SessionClient;
  private reconnect?: NodeJS.Timeout;
  private sending = false;
  /** The last attempt to connect failed; that is logged once. */
  private missed = false;
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

  /** Calls `wake` whenever there may be work of this topic. */
  on(topic: Topic, wake: () => void): void {
    this.sleepers.set(topic, wake);
  }

  /** Wakes the loop of the topic in every replica. */
  wake(topic: Topic): void {
    this.sleepers.get(topic)?.();
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
      // A hint that cannot be sent is dropped: the others poll. Where nobody answers, nothing is heard either.
      await client.query(notify, [`${this.worker.id} ${topic}`]).catch(() => client.abandon());
    }
    this.sending = false;
  }

  private async connect(): Promise<void> {
    if (this.closed) return;
    const client = this.database.client({
      application_name: 'hookline wakeups',
      // It mostly listens: only this tells it that nobody speaks any more.
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
      this.sleepers.get(topic as Topic)?.();
    });
    try {
      await client.connect();
      if (!(await isPooled(client))) await client.query(listen);
      else this.logger.log('Behind a connection pooler, hints of other replicas are not heard: this one polls');
      await client.query(notify, [`${this.worker.id} hello`]);
      this.client = client;
      this.missed = false;
    } catch (error) {
      if (!this.missed) this.logger.warn(`No wake-ups between replicas for now: ${(error as Error).message}`);
      this.missed = true;
      await client.end().catch(() => undefined);
      this.connectLater();
    }
  }

  private connectLater(): void {
    this.client = undefined;
    clearTimeout(this.reconnect);
    if (!this.closed)
      this.reconnect = setTimeout(() => void this.connect(), RECONNECT_MS * (0.5 + Math.random())).unref();
  }
}

/** Whether the session is another than the one that this client was told of: a pooler makes up what it tells. */
async function isPooled(client: SessionClient): Promise<boolean> {
  const { rows } = await client.query<{ id: number }>(session);
  return rows[0].id !== client.processID;
}
