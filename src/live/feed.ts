import { DutyCycle } from '../loops/duty-cycle';
import type { Changes, EventStream } from './event-stream';

const RETRY_MS = 5000;

/**
 * Broadcasts changes to any number of listeners. It polls the database once for all of them, only while there are any;
 * so it sees the changes of all replicas. A listener with a full connection is skipped and catches up later, so nothing
 * piles up in memory.
 */
export class Feed {
  private readonly streams = new Set<EventStream>();
  private readonly polls = new DutyCycle();
  private timer?: NodeJS.Timeout;
  private cursor?: string;
  /** Changes of the last poll. The next one finds some of them again, as it starts at the oldest open transaction. */
  private seen = new Map<string, string>();

  /**
   * @param poll returns the changes since a cursor; without one, only a cursor.
   * @param abandoned is called when the last listener has left.
   */
  constructor(
    private readonly poll: (since?: string) => Promise<Changes>,
    private readonly intervalMs: number,
    private readonly abandoned: () => void,
  ) {}

  /** Adds a listener and sends the changes that it has missed. It can fail only before the answer has begun. */
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
    // The listener may have left meanwhile; then polling must not start.
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
      if (fresh.length > 0) this.broadcast({ cursor, items: fresh });
      this.polls.ran(performance.now() - begun);
      pauseMs = Math.max(this.intervalMs, this.polls.restMs);
    } catch {
      // Callers of the database log its absence. Listeners get the missed changes afterwards.
    }
    if (this.streams.size > 0) this.timer = this.next(pauseMs);
  }

  private broadcast(changes: Changes): void {
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
      // The connection is full: `onDrain` resumes.
      if (!stream.send(changes)) return;
    } while (stream.missed);
    stream.lagging = false;
  }
}
