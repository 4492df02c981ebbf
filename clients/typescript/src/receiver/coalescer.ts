import { setImmediate as settled } from 'node:timers/promises';
import { HooklineError } from '../error.ts';
import { exchange } from '../http.ts';
import { Limiter } from '../limiter.ts';
import type { BulkResult } from '../types.ts';
import type { Handle } from './handle.ts';

type Method = 'PUT' | 'PATCH';

/** A report that is not sent yet, and its caller. */
interface Item {
  readonly handle: Handle;
  readonly report: object;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const TIMEOUT_MS = 10_000;
/** For a request with many reports. */
const BULK_TIMEOUT_MS = 30_000;
/** Requests at once, where one for many is refused. */
const CONCURRENCY = 50;
/** The limit of the service for one request. */
const MAX_ITEMS = 10_000;
/** Below the limit of the service for requests with the tokens of handles, 4 MiB. */
const MAX_BYTES = 4_000_000;

/**
 * Sends reports of many tasks: a lone one at once to its handle; those that come while a request is under way together,
 * in the next request. Reports for different services, and increments, are separate.
 */
export class Coalescer {
  private readonly lines = new Map<string, Line>();

  /**
   * Sends a report once.
   * @throws {HooklineError} with the answer that the report would have got alone.
   */
  send(method: Method, handle: Handle, report: object): Promise<void> {
    const bytes = Buffer.byteLength(JSON.stringify(entry(handle, report)));
    const key = `${method} ${handle.service}`;
    let line = this.lines.get(key);
    if (!line) {
      line = new Line(method, handle.service, () => this.lines.delete(key));
      this.lines.set(key, line);
    }
    return line.send(handle, report, bytes);
  }
}

/** The reports of one method for one service, from the first until none is left. */
class Line {
  private readonly waiting: Item[] = [];

  constructor(
    private readonly method: Method,
    private readonly service: string,
    private readonly onEmpty: () => void,
  ) {
    void this.run();
  }

  send(handle: Handle, report: object, bytes: number): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ handle, report, bytes, resolve, reject }));
  }

  private async run(): Promise<void> {
    do {
      // Jobs that end together report together.
      await settled();
      const items = this.take();
      await (items.length === 1 ? this.sendAlone(items[0]!) : this.sendTogether(items));
    } while (this.waiting.length > 0);
    this.onEmpty();
  }

  /** Removes the next items, as many as fit into one request. */
  private take(): Item[] {
    let bytes = 0;
    const end = this.waiting.findIndex(({ bytes: more }, i) => (bytes += more + 1) > MAX_BYTES && i > 0);
    return this.waiting.splice(0, Math.min(end < 0 ? MAX_ITEMS : end, MAX_ITEMS));
  }

  private sendAlone({ handle, report, resolve, reject }: Item): Promise<void> {
    return exchange(handle.url, { method: this.method, body: report, timeoutMs: TIMEOUT_MS }).then(resolve, reject);
  }

  private async sendTogether(items: Item[]): Promise<void> {
    try {
      const results = await this.exchange(items);
      items.forEach(({ resolve, reject }, i) => {
        const result = results[i]!;
        if (result.status < 300) resolve();
        else reject(HooklineError.ofItem(result));
      });
    } catch (error) {
      // A service that takes no bulk, or less in one request, may take each.
      if (error instanceof HooklineError && !error.isTemporary) await this.sendEach(items);
      else for (const { reject } of items) reject(error);
    }
  }

  private async sendEach(items: Item[]): Promise<void> {
    const limiter = new Limiter(CONCURRENCY);
    await Promise.all(items.map((item) => limiter.run(() => this.sendAlone(item))));
  }

  private async exchange(items: Item[]): Promise<BulkResult[]> {
    const { body } = await exchange(`${this.service}/task`, {
      method: this.method,
      body: items.map(({ handle, report }) => entry(handle, report)),
      timeoutMs: BULK_TIMEOUT_MS,
    });
    const { results } = (body ?? {}) as { results?: BulkResult[] };
    if (results?.length === items.length) return results;
    throw HooklineError.unreachable(new Error('The answer does not have a result for each report'));
  }
}

const entry = ({ taskId, attempt, token }: Handle, report: object): object => ({
  ...report,
  id: taskId,
  ...(attempt > 1 && { attempt }),
  ...(token !== undefined && { token }),
});
