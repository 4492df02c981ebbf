import type { Socket } from 'node:net';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { BatchSummaryDto } from '../batch/batch-summary.dto';
import { listBatches } from '../batch/sql/list';
import { Readers } from '../database/readers';
import { Tracing } from '../tracing/tracing';
import { batchNotFound, InvalidRequest, Overloaded } from '../domain/errors';
import { writeJson } from '../domain/exact-number';
import { EXTRA_FIELDS, type ExtraField } from '../task/dto/task-fields.dto';
import type { Changes, EventStream } from './event-stream';
import { Feed } from './feed';
import { batchExists, changesSince, horizon, type TaskChangeRow } from './sql/changes';

const BATCH_INTERVAL_MS = 500;
const ALL_INTERVAL_MS = 1000;
const HEARTBEAT_MS = 15_000;
/** Each stream keeps a connection open. */
const MAX_STREAMS = 1000;
/** Only the newest batches are watched. */
const BATCHES_WATCHED = 100;
/** A transaction of this age may still commit changes with the time of its start. */
const COMMIT_LAG_MS = 10_000;

/** Streams changes of tasks and batches to listeners. */
@Injectable()
export class Live implements OnModuleDestroy {
  private readonly feeds = new Map<string, Feed>();
  /** Connections with a stream. */
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

  /** Number of listeners, and of feeds that poll for them. */
  get load(): { listeners: number; polled: number } {
    return { listeners: this.sockets.size, polled: this.feeds.size };
  }

  /**
   * Streams the changes of the tasks of a batch.
   * @param fields members to add to the light form of each task.
   * @throws {NotFound}
   */
  async batch(id: string, stream: EventStream, fields: readonly ExtraField[]): Promise<void> {
    if ((await this.readers.run(batchExists, id)).length === 0) throw batchNotFound(id);
    const absent = EXTRA_FIELDS.filter((field) => !fields.includes(field));
    const key = [id, ...absent].join();
    await this.listen(
      key,
      stream,
      () => new Feed((since) => this.untraced(() => this.tasks(id, absent, since)), BATCH_INTERVAL_MS, this.drop(key)),
    );
  }

  /** Streams the changes of the newest batches. */
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
    // A pipelined stream would begin only after the first. With many answers queued behind a stream, Node stops reading
    // and would not notice that the client disconnects.
    if (this.sockets.has(socket)) {
      socket.destroy();
      throw new InvalidRequest('This connection already has an event stream');
    }
    if (this.sockets.size >= MAX_STREAMS) throw new Overloaded(`All ${MAX_STREAMS} event streams are in use`, 30);
    this.sockets.add(socket);
    stream.onClose(() => this.sockets.delete(socket));
    let feed = this.feeds.get(key);
    if (!feed) this.feeds.set(key, (feed = newFeed()));
    await feed.add(stream);
  }

  /** Polls outside of the trace of the request that started it, and leaves a trace only if it fails. */
  private untraced(poll: () => Promise<Changes>): Promise<Changes> {
    return this.tracing.iteration('live', () => 0, poll);
  }

  private drop(key: string): () => void {
    return () => this.feeds.delete(key);
  }

  private async tasks(batch: string, absent: readonly ExtraField[], since?: string): Promise<Changes> {
    // The cursor is read first, so that the next poll includes later commits.
    const [{ horizon: cursor }] = await this.readers.run(horizon);
    const rows = since === undefined ? [] : await this.readers.run(changesSince, batch, since);
    return { cursor, items: rows.map((row) => ({ id: row.id, event: 'task', data: writeJson(without(absent, row)) })) };
  }

  private async batches(since?: string): Promise<Changes> {
    const [statement, values] = listBatches({}, BATCHES_WATCHED, 0);
    const all = (await this.readers.run(statement, ...values)).map((row) => BatchSummaryDto.from(row));
    // Never the listener's own cursor, which may lie in the future: later listeners continue from this one.
    const latest = all.map(({ latest_updated_at }) => latest_updated_at).reduce((a, b) => (a > b ? a : b), NEVER);
    const from = new Date(Date.parse(since ?? latest) - COMMIT_LAG_MS).toISOString();
    const changed = since === undefined ? [] : all.filter(({ latest_updated_at }) => latest_updated_at > from);
    return {
      cursor: latest,
      items: changed.map((data) => ({ id: data.batch_id, event: 'batch', data: writeJson(data) })),
    };
  }
}

function without(fields: readonly ExtraField[], row: TaskChangeRow): Partial<TaskChangeRow> {
  const shown: Partial<TaskChangeRow> = { ...row };
  for (const field of fields) delete shown[field];
  return shown;
}

const NEVER = new Date(0).toISOString();
