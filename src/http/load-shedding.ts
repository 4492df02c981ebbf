import type { FastifyRequest } from 'fastify';
import { Overloaded } from '../domain/errors';

/** Requests in flight of one method. */
interface Load {
  requests: number;
  /** Total size of the bodies as sent. Parsed, they take several times as much memory. */
  bytes: number;
}

/**
 * A few seconds of the highest load. With 10,000 requests that create one task each, the process needs 300 MiB in all;
 * with 16 MiB of small tasks (130,000) its peak is 410 MiB.
 */
const LIMIT: Load = { requests: 10_000, bytes: 16 * 1024 * 1024 };
const RETRY_AFTER_SECS = 1;

/**
 * Refuses requests when too many of their method are in flight, that is, read and not answered yet. With a slow database
 * they would pile up until the process runs out of memory. Each method has its own limit: a flood of creations must not
 * keep receivers from reporting, or their tasks would time out.
 */
export class LoadShedding {
  private readonly inFlight = new Map<string, Load>();
  private readonly sizes = new WeakMap<FastifyRequest, number>();

  /** @param extra requests by method beyond the limit, for methods that have another limit as well. */
  constructor(
    private readonly extra: Readonly<Record<string, number>> = {},
    private readonly limit = LIMIT,
  ) {}

  /**
   * Counts a request until `leave`. One body may exceed the limit, as otherwise a large one would have no chance among
   * many small ones.
   * @param bytes size of its body.
   * @throws {Overloaded} if the limit is reached.
   */
  enter(request: FastifyRequest, bytes: number): void {
    const load = this.loadOf(request);
    const maxRequests = this.limit.requests + (this.extra[request.method] ?? 0);
    if (load.requests >= maxRequests || load.bytes >= this.limit.bytes)
      throw new Overloaded('Too many requests are waiting', RETRY_AFTER_SECS);
    load.requests++;
    load.bytes += bytes;
    this.sizes.set(request, bytes);
  }

  /** Ends the count of a request; does nothing for one that was not counted. */
  leave(request: FastifyRequest): void {
    const bytes = this.sizes.get(request);
    if (bytes === undefined) return;
    this.sizes.delete(request);
    const load = this.loadOf(request);
    load.requests--;
    load.bytes -= bytes;
  }

  private loadOf({ method }: FastifyRequest): Load {
    const load = this.inFlight.get(method) ?? { requests: 0, bytes: 0 };
    this.inFlight.set(method, load);
    return load;
  }
}
