import CircuitBreaker from 'opossum';
import type { Config } from '../config/config';
import { DatabaseUnavailable } from '../domain/errors';
import { isConnectionFault } from './faults';

type Work = () => Promise<unknown>;

/**
 * The circuit breaker before the database. opossum keeps the states; when to open is counted here, because SPEC.md
 * asks for so many connection faults within a window and opossum's percentages would hide a burst behind the good
 * calls before it. When the recovery time is over, the breaker probes by itself: callers are refused until
 * `successThreshold` probes in a row went well, so no request is spent on finding out.
 */
export class Breaker {
  private readonly circuit: CircuitBreaker<[Work]>;
  private faults: number[] = [];
  private openedAt = 0;

  constructor(
    private readonly config: Config['breaker'],
    probe: () => Promise<void>,
  ) {
    this.circuit = new CircuitBreaker((work: Work) => work(), {
      timeout: false,
      enabled: config.enabled,
      resetTimeout: config.recoveryTimeoutSecs * 1000,
      volumeThreshold: Infinity,
      errorFilter: (error: unknown) => !isConnectionFault(error),
    });
    this.circuit.on('failure', () => this.count());
    this.circuit.on('open', () => (this.openedAt = Date.now()));
    this.circuit.on('close', () => (this.faults = []));
    this.circuit.on('halfOpen', () => {
      const probes = async () => {
        for (let i = 0; i < config.successThreshold; i++) await probe();
      };
      // A failed probe has opened the breaker again by the time it rejects: there is nothing left to handle.
      this.circuit.fire(probes).catch(() => undefined);
    });
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.circuit.halfOpen) return 'half-open';
    return this.circuit.opened ? 'open' : 'closed';
  }

  /** Runs `work`, or refuses at once with `DatabaseUnavailable` while the breaker is open. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return (await this.circuit.fire(work)) as T;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EOPENBREAKER') throw error;
      throw new DatabaseUnavailable('The database is unavailable', this.retryAfterSecs());
    }
  }

  shutdown(): void {
    this.circuit.shutdown();
  }

  private count(): void {
    const now = Date.now();
    const since = now - this.config.failureWindowSecs * 1000;
    this.faults = [...this.faults.filter((at) => at > since), now];
    if (this.faults.length >= this.config.failureThreshold && !this.circuit.opened) this.circuit.open();
  }

  private retryAfterSecs(): number {
    const halfOpenAt = this.openedAt + this.config.recoveryTimeoutSecs * 1000;
    return Math.max(1, Math.ceil((halfOpenAt - Date.now()) / 1000));
  }
}
