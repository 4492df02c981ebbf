import type { OnApplicationShutdown } from '@nestjs/common';
import CircuitBreaker from 'opossum';
import type { Config } from '../config/config';
import { DatabaseUnavailable } from '../domain/errors';
import { jittered } from '../domain/backoff';
import { isConnectionFault } from './faults';

type Work = () => Promise<unknown>;

// A server whose backend was killed accepts connections again after a second.
const FIRST_PAUSE_MS = 300;
/** The pause between probes as a share of the outage so far: at most 1.2 s after three minutes. */
const SHARE_OF_OUTAGE = 1 / 150;

/**
 * The circuit breaker in front of the database. opossum opens it, lets a probe through, and closes it or opens it again.
 * Only connection faults and probes are reported to opossum, so its threshold is "N faults within the window", to a tenth of the window. Reported
 * successes would hide a burst of faults behind the calls before it, and the first success of any call would close it.
 *
 * Four things opossum does not do: probe by itself, so that no request is spent on it; ask for several successes in a row;
 * let the pauses grow with the outage, up to the recovery timeout; forget the faults that opened it once it has closed.
 */
export class Breaker implements OnApplicationShutdown {
  private circuit: CircuitBreaker<[Work]>;
  private openedAt?: number;
  private nextProbeAt = 0;

  /** @param rejected is called for each call that is refused. */
  constructor(
    private readonly config: Config['breaker'],
    private readonly probe: () => Promise<void>,
    private readonly rejected: () => void = () => undefined,
  ) {
    this.circuit = this.newCircuit();
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.circuit.closed) return 'closed';
    return this.circuit.halfOpen ? 'half-open' : 'open';
  }

  /** Runs `work`, or refuses at once with `DatabaseUnavailable` while the breaker is open. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.circuit.closed) {
      this.rejected();
      throw new DatabaseUnavailable('The database is unavailable', this.retryAfterSecs());
    }
    const result = work();
    try {
      return await result;
    } catch (error) {
      if (isConnectionFault(error)) this.report(() => result);
      throw error;
    }
  }

  /** Opens at once, because the database is known to be away. */
  trip(): void {
    if (this.config.enabled && this.circuit.closed) this.circuit.open();
  }

  onApplicationShutdown(): void {
    this.circuit.shutdown();
  }

  private newCircuit(): CircuitBreaker<[Work]> {
    const options: CircuitBreaker.Options<[Work]> = {
      timeout: false,
      enabled: this.config.enabled,
      volumeThreshold: this.config.failureThreshold,
      rollingCountTimeout: this.config.failureWindowSecs * 1000,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      resetTimeout: this.pauseMs(0),
    };
    const circuit = new CircuitBreaker((work: Work) => work(), options);
    circuit.on('open', () => {
      this.openedAt ??= Date.now();
      this.nextProbeAt = Date.now() + options.resetTimeout!;
    });
    circuit.on('halfOpen', () => {
      // opossum reads it when a failed probe opens the circuit again.
      options.resetTimeout = this.pauseMs(Date.now() - this.openedAt!);
      this.report(() => this.probes());
    });
    circuit.on('close', () => {
      circuit.shutdown();
      this.openedAt = undefined;
      this.circuit = this.newCircuit();
    });
    return circuit;
  }

  /** Has opossum count the result. What it rejects with has been handled, or is the subject of /health. */
  private report(work: Work): void {
    this.circuit.fire(work).catch(() => undefined);
  }

  private async probes(): Promise<void> {
    for (let i = 0; i < this.config.successThreshold; i++) await this.probe();
  }

  private pauseMs(outageMs: number): number {
    const grown = Math.max(FIRST_PAUSE_MS, outageMs * SHARE_OF_OUTAGE);
    return Math.min(this.config.recoveryTimeoutSecs * 1000, jittered(grown));
  }

  private retryAfterSecs(): number {
    return Math.max(1, Math.ceil((this.nextProbeAt - Date.now()) / 1000));
  }
}
