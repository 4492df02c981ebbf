import type { FastifyRequest } from 'fastify';
import { Overloaded } from '../domain/errors';

/** What may wait of one method. */
interface Most {
  requests: number;
  /** Of bodies, as they came. In memory, what they say takes several times as much. */
  bytes: number;
}

/**
 * Some seconds of the highest load. A process that holds 10,000 creations of one task needs 300 MiB in all; one that holds
 * 16 MiB of small tasks, 130,000 of them, and then writes them at once, 410 MiB at its peak.
 */
const MOST: Most = { requests: 10_000, bytes: 16 * 1024 * 1024 };
const RETRY_AFTER_SECS = 1;

/**
 * The requests whose bodies have been read and that are not answered yet, by method: most of them wait for a lane to the
 * database. When it is slow, there would be ever more of them, until the process has no memory left and nobody is
 * answered. So beyond a bound a request is refused before anything of it is done. Each method has its own bound: a flood of
 * creations must not keep receivers from reporting, or their tasks would time out.
 */
export class LoadShedding {
  private readonly waiting = new Map<string, Most>();
  private readonly sizes = new WeakMap<FastifyRequest, number>();

  /** @param more requests of a method that may wait beyond the bound, because something else bounds them. */
  constructor(
    private readonly more: Readonly<Record<string, number>> = {},
    private readonly most = MOST,
  ) {}

  /**
   * Counts a request until `leave`. The last one that is let in may overshoot, or a large body would never find room beside
   * many small ones.
   * @param bytes of its body.
   * @throws {Overloaded} when too much waits.
   */
  enter(request: FastifyRequest, bytes: number): void {
    const waiting = this.waitingOf(request);
    const most = this.most.requests + (this.more[request.method] ?? 0);
    if (waiting.requests >= most || waiting.bytes >= this.most.bytes)
      throw new Overloaded('Too many requests wait to be carried out', RETRY_AFTER_SECS);
    waiting.requests++;
    waiting.bytes += bytes;
    this.sizes.set(request, bytes);
  }

  /** To be called for every request when its answer is ready, whether or not it has entered. */
  leave(request: FastifyRequest): void {
    const bytes = this.sizes.get(request);
    if (bytes === undefined) return;
    this.sizes.delete(request);
    const waiting = this.waitingOf(request);
    waiting.requests--;
    waiting.bytes -= bytes;
  }

  private waitingOf({ method }: FastifyRequest): Most {
    const waiting = this.waiting.get(method) ?? { requests: 0, bytes: 0 };
    this.waiting.set(method, waiting);
    return waiting;
  }
}
