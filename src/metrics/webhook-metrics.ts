import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Trigger } from '../domain/action';
import { COUNTED_AT_MOST } from './sampling';

/** What is to be delivered, in the whole database. */
export interface OutboxSample {
  /** Deliveries whose time has come. */
  due: number;
  /** Deliveries that wait for their next attempt, or for the end of the one under way. */
  later: number;
  /** Deliveries that wait for a start call to be settled. */
  awaiting_start: number;
  /** Seconds since the oldest due delivery became due; 0 when none is. */
  oldest_due_age_secs: number;
}

const NOTIFYING: readonly Trigger[] = ['end', 'cancel', 'batch_complete'];

/** Calls to receivers, and what waits to be sent. */
export class WebhookMetrics {
  private readonly attempts: Counter<'trigger' | 'outcome'>;
  private readonly durations: Histogram<'trigger'>;
  private readonly retries: Counter<'trigger'>;
  private readonly exhausted: Counter<'trigger'>;
  private readonly lag: Histogram<'trigger'>;
  private readonly outbox: Gauge<'state'>;
  private readonly oldestDue: Gauge;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.attempts = new Counter({
      name: 'hookline_webhook_attempts_total',
      help: 'Calls to receivers, by what they tell of and how they went: success (2xx), refused (any other answer), no_answer.',
      labelNames: ['trigger', 'outcome'],
      registers,
    });
    this.durations = new Histogram({
      name: 'hookline_webhook_duration_seconds',
      help: 'How long calls to receivers took, the ones without an answer included.',
      labelNames: ['trigger'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.retries = new Counter({
      name: 'hookline_webhook_retries_total',
      help: 'Notifications that were not delivered and will be tried again.',
      labelNames: ['trigger'],
      registers,
    });
    this.exhausted = new Counter({
      name: 'hookline_webhook_exhausted_total',
      help: 'Notifications that were given up after their last attempt.',
      labelNames: ['trigger'],
      registers,
    });
    this.lag = new Histogram({
      name: 'hookline_webhook_delivery_lag_seconds',
      help: 'Time from the queueing of a notification to its delivery.',
      labelNames: ['trigger'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800],
      registers,
    });
    this.outbox = new Gauge({
      name: 'hookline_outbox_depth',
      help:
        `Notifications to be delivered, in the whole database, up to ${COUNTED_AT_MOST} each: due; later (waiting for ` +
        'the next attempt, or being sent); awaiting_start (until the start result of its task is recorded).',
      labelNames: ['state'],
      registers,
    });
    this.oldestDue = new Gauge({
      name: 'hookline_outbox_oldest_due_age_seconds',
      help: 'How long the oldest due notification has been due, in the whole database; 0 if none is.',
      registers,
    });
    // An alert on an increase misses the first one of a series that appears with it.
    for (const trigger of NOTIFYING) for (const counter of [this.retries, this.exhausted]) counter.inc({ trigger }, 0);
  }

  /** How many hosts have taken their share of the places for start calls is read at every scrape. */
  watchFull(hosts: () => number): void {
    this.watch('hookline_start_full_hosts', 'Hosts whose share of the places for start calls is taken.', hosts);
  }

  /** How many hosts are left alone for a while is read at every scrape. */
  watchResting(hosts: () => number): void {
    const help =
      'Hosts that get no notifications for a while: they do not answer, or have asked for it by Retry-After.';
    this.watch('hookline_webhook_resting_hosts', help, hosts);
  }

  private watch(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }

  /** One call was made. */
  attempted(trigger: Trigger, answer: { ok: boolean; status?: number }, ms: number): void {
    const outcome = answer.ok ? 'success' : answer.status === undefined ? 'no_answer' : 'refused';
    this.attempts.inc({ trigger, outcome });
    this.durations.observe({ trigger }, ms / 1000);
  }

  /** An attempt to deliver a notification is on record, `lagMs` after that was queued. */
  marked(trigger: Trigger, outcome: 'success' | 'retry' | 'exhausted', lagMs: number): void {
    if (outcome === 'success') this.lag.observe({ trigger }, lagMs / 1000);
    else (outcome === 'retry' ? this.retries : this.exhausted).inc({ trigger });
  }

  /** A sample replaces the one before. */
  sampled({ due, later, awaiting_start, oldest_due_age_secs }: OutboxSample): void {
    this.outbox.set({ state: 'due' }, due);
    this.outbox.set({ state: 'later' }, later);
    this.outbox.set({ state: 'awaiting_start' }, awaiting_start);
    this.oldestDue.set(oldest_due_age_secs);
  }
}
