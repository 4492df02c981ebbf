import type { Socket } from 'node:net';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { BatchSummaryDto } from '../batch/batch-summary.dto';
import { listBatches } from '../batch/sql/list';
import { Readers } from '../database/readers';
import { Tracing } from '../tracing/tracing';
import { batchNotFound, InvalidRequest, Overloaded } from '../domain/errors';
import { writeJson } from '../domain/exact-number';
import type { Changes, EventStream } from './event-stream';
import { Feed } from './feed';
import { batchExists, changesSince, horizon } from './sql/changes';

const BATCH_INTERVAL_MS = 500;
const ALL_INTERVAL_MS = 1000;
const HEARTBEAT_MS = 15_000;
/** Each is a connection that stays open. */
const MAX_STREAMS = 1000;
/** Of all batches, the newest are watched. */
const BATCHES_WATCHED = 100;
/** A transaction that began so long ago may still commit changes that bear the time of its beginning. */
const COMMIT_LAG_MS = 10_000;

/** Who listens to what. */
@Injectable()
export class Live implements OnModuleDestroy {
  private readonly feeds = new Map<string, Feed>();
  /** Those that carry a stream. */
  private readonly sockets = new Set<Socket>();
  private closing = false;
  private readonly heartbeat = setInterval(() => this.feeds.forEach((feed) => feed.beat()), HEARTBEAT_MS).unref();

  constructor(
    private readonly readers: Readers,
    private readonly tracing: Tracing,
  ) {}

  onModuleDestroy(): void {
    this.closing = true;
    clearInterval(this.heartbeat);
    this.feeds.forEach((feed) => feed.close());
  }

  /** How many listeners there are, and how many subjects are polled for them. */
  get load(): { listeners: number; polled: number } {
    return { listeners: this.sockets.size, polled: this.feeds.size };
  }

  /**
   * Tells of every change of a task in the batch.
   * @throws {NotFound}
   */
  async batch(id: string, stream: EventStream): Promise<void> {
    if ((await this.readers.run(batchExists, id)).length === 0) throw batchNotFound(id);
    await this.listen(
      id,
      stream,
      () => new Feed((since) => this.untraced(() => this.tasks(id, since)), BATCH_INTERVAL_MS, this.drop(id)),
    );
  }

  /** Tells of every change of one of the newest batches. */
  async all(stream: EventStream): Promise<void> {
    await this.listen(
      '',
      stream,
      () => new Feed((since) => this.untraced(() => this.batches(since)), ALL_INTERVAL_MS, this.drop('')),
    );
  }

  private async listen(key: string, stream: EventStream, newFeed: () => Feed): Promise<void> {
    if (stream.isClosed) return;
    if (this.closing) throw new Overloaded('The service is shutting down', 1);
    const { socket } = stream;
    // A pipelined one could not begin before the first has ended. Node stops to read when many answers wait behind a stream,
    // and would not see the client leave.
    if (this.sockets.has(socket)) {
      socket.destroy();
      throw new InvalidRequest('This connection carries an event stream already');
    }
    if (this.sockets.size >= MAX_STREAMS) throw new Overloaded(`There are ${MAX_STREAMS} listeners already`, 30);
    this.sockets.add(socket);
    stream.onClose(() => this.sockets.delete(socket));
    let feed = this.feeds.get(key);
    if (!feed) this.feeds.set(key, (feed = newFeed()));
    await feed.add(stream);
  }

  /** Looking twice a second for hours is no part of the request that began it, and worth telling of only if it fails. */
  private untraced(poll: () => Promise<Changes>): Promise<Changes> {
    return this.tracing.iteration('live', () => 0, poll);
  }

  private drop(key: string): () => void {
    return () => this.feeds.delete(key);
  }

  private async tasks(batch: string, since?: string): Promise<Changes> {
    // Asked for first: what is committed after that is looked at again.
    const [{ horizon: cursor }] = await this.readers.run(horizon);
    const rows = since === undefined ? [] : await this.readers.run(changesSince, batch, since);
    return { cursor, items: rows.map((row) => ({ id: row.id, event: 'task', data: writeJson(row) })) };
  }

  private async batches(since?: string): Promise<Changes> {
    const [statement, values] = listBatches({}, BATCHES_WATCHED, 0);
    const all = (await this.readers.run(statement, ...values)).map((row) => BatchSummaryDto.from(row));
    // Never a listener's own cursor, which may lie in the future: later listeners go on from here.
    const latest = all.map(({ latest_updated_at }) => latest_updated_at).reduce((a, b) => (a > b ? a : b), NEVER);
    const from = new Date(Date.parse(since ?? latest) - COMMIT_LAG_MS).toISOString();
    const changed = since === undefined ? [] : all.filter(({ latest_updated_at }) => latest_updated_at > from);
    return {
      cursor: latest,
      items: changed.map((data) => ({ id: data.batch_id, event: 'batch', data: writeJson(data) })),
    };
  }
}

const NEVER = new Date(0).toISOString();
