import { HooklineError } from '../error.ts';
import type { Increment, Report } from '../types.ts';
import type { Coalescer } from './coalescer.ts';
import type { Handle } from './handle.ts';
import { persist } from '../persist.ts';

/** Longer than any restart or the loss of a machine: a lost result means that the work is done again. */
export const RESULT_PATIENCE_MS = 15 * 60_000;
/** Progress that fails is added to the next report. */
const PROGRESS_PATIENCE_MS = 10_000;
/** Statuses of a started task whose claim was lost with its worker; it will accept reports again. */
const TRANSIENT = ['Waiting', 'Pending', 'Paused'];

/** Reports on an attempt. Methods return whether the report was accepted; if not, the attempt is over. */
export class Reporter {
  constructor(
    private readonly handle: Handle,
    private readonly coalescer: Coalescer,
  ) {}

  /**
   * Reports the result until the service has it. If an answer is lost, the next one says that the attempt has ended.
   * @throws {HooklineError}
   */
  end(result: Report): Promise<boolean> {
    return this.send('PATCH', result, RESULT_PATIENCE_MS);
  }

  /**
   * Reports progress. If an answer is lost, the progress is counted twice.
   * @throws {HooklineError}
   */
  count(increment: Increment): Promise<boolean> {
    return this.send('PUT', increment, PROGRESS_PATIENCE_MS);
  }

  /**
   * Sends a sign of life, without retries: the next one follows anyway.
   * @throws {HooklineError}
   */
  beat(): Promise<boolean> {
    return this.send('PATCH', {}, 0);
  }

  private async send(method: 'PUT' | 'PATCH', body: object, patienceMs: number): Promise<boolean> {
    try {
      await persist(() => this.coalescer.send(method, this.handle, body), { patienceMs, isTemporary });
      return true;
    } catch (error) {
      if (error instanceof HooklineError && isOver(error)) return false;
      throw error;
    }
  }
}

const isRequeued = ({ status, currentStatus = '' }: HooklineError) =>
  status === 404 && TRANSIENT.includes(currentStatus);
const isOver = (error: HooklineError) => error.status === 409 || (error.status === 404 && !isRequeued(error));
const isTemporary = (error: HooklineError) => !isOver(error) && (error.isTemporary || isRequeued(error));
