import type { Changes, EventStream } from './event-stream';

/** A round that took long is followed by a pause so many times as long: watching never takes more than a tenth of a connection. */
const PAUSE_FACTOR = 10;
const RETRY_MS = 5000;

/**
 * Tells any number of listeners what changes. The database is asked once for all of them, and only while there are some;
 * so changes of all replicas are seen without these having to know of each other. Whoever cannot follow is skipped, and
 * asks for what it has missed when it has room again: nothing piles up here.
 */
export class Feed {
  private readonly streams = new Set<EventStream>();
  private timer?: NodeJS.Timeout;
  private cursor?: string;
  /** What the last round has found: a round looks back to what was not committed then, and finds some of it again. */
  private seen = new Map<string, string>();

  /**
   * @param poll answers what has changed since a cursor; nothing but a cursor when there is none.
   * @param abandoned is called when nobody listens any more.
   */
  constructor(
    private readonly poll: (since?: string) => Promise<Changes>,
    private readonly intervalMs: number,
    private readonly abandoned: () => void,
  ) {}

  /** Begins to tell a listener; what it has missed comes first. Fails, if at all, before the answer has begun. */
  async add(stream: EventStream): Promise<void> {
    this.streams.add(stream);
    stream.onClose(() => this.remove(stream));
    stream.onDrain(() => void this.catchUp(stream).catch(() => stream.end()));
    try {
      await this.catchUp(stream);
    } catch (error) {
      this.remove(stream);
      throw error;
    }
    // The listener may have left meanwhile, and nobody polls for it then.
    if (!this.streams.has(stream)) return;
    this.cursor ??= stream.cursor;
    this.timer ??= this.next(this.intervalMs);
  }

  /** Ends all streams. */
  close(): void {
    for (const stream of this.streams) stream.end();
  }

  beat(): void {
    for (const stream of this.streams) stream.beat();
  }

  private remove(stream: EventStream): void {
    if (!this.streams.delete(stream) || this.streams.size > 0) return;
    clearTimeout(this.timer);
    this.abandoned();
  }

  private next(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.iteration(), ms).unref();
  }

  private async iteration(): Promise<void> {
    const begun = performance.now();
    let pauseMs = RETRY_MS;
    try {
      const { cursor, items } = await this.poll(this.cursor);
      const fresh = items.filter(({ id, data }) => this.seen.get(id) !== data);
      this.seen = new Map(items.map(({ id, data }) => [id, data]));
      this.cursor = cursor;
      if (fresh.length > 0) this.tell({ cursor, items: fresh });
      pauseMs = Math.max(this.intervalMs, (performance.now() - begun) * PAUSE_FACTOR);
    } catch {
      // The database is away, which others say loudly enough; listeners are told what they missed when it is back.
    }
    if (this.streams.size > 0) this.timer = this.next(pauseMs);
  }

  private tell(changes: Changes): void {
    for (const stream of this.streams) {
      if (stream.lagging) stream.missed = true;
      else stream.lagging = !stream.send(changes);
    }
  }

  private async catchUp(stream: EventStream): Promise<void> {
    if (stream.isClosed) return;
    stream.lagging = true;
    do {
      stream.missed = false;
      const changes = await this.poll(stream.cursor);
      if (stream.isClosed) return;
      // Not all of it fits: it goes on when there is room.
      if (!stream.send(changes)) return;
    } while (stream.missed);
    stream.lagging = false;
  }
}
