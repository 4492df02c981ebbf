import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Trigger } from '../domain/action';
import { COUNTED_AT_MOST } from './sampling';

/** Queued notifications in the whole database. */
export interface OutboxSample {
  /** Deliveries that are due. */
  due: number;
  /** Deliveries that wait for their next attempt, or are being sent. */
  later: number;
  /** Deliveries that wait until a start result is recorded. */
  awaiting_start: number;
  /** Seconds since the oldest due delivery became due; 0 if there is none. */
  oldest_due_age_secs: number;
}

/** The answer to a call, as far as it is counted. */
interface CallAnswer {
  ok: boolean;
  status?: number;
}

const NOTIFYING: readonly Trigger[] = ['end', 'cancel', 'batch_complete'];

/** Metrics of calls to receivers and of the outbox. */
export class WebhookMetrics {
  private readonly attempts: Counter<'trigger' | 'outcome'>;
  private readonly durations: Histogram<'trigger'>;
  private readonly groups: Histogram<'trigger'>;
  private readonly retries: Counter<'trigger'>;
  private readonly exhausted: Counter<'trigger'>;
  private readonly lag: Histogram<'trigger'>;
  private readonly outbox: Gauge<'state'>;
  private readonly oldestDue: Gauge;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.attempts = new Counter({
      name: 'hookline_webhook_attempts_total',
      help: 'Calls to receivers by trigger and outcome: success (2xx), refused (any other answer), no_answer.',
      labelNames: ['trigger', 'outcome'],
      registers,
    });
    this.durations = new Histogram({
      name: 'hookline_webhook_duration_seconds',
      help: 'Duration of requests to receivers, those without an answer included. A group of calls is one request.',
      labelNames: ['trigger'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.groups = new Histogram({
      name: 'hookline_webhook_group_size',
      help: 'Calls in each request of actions with a group.',
      labelNames: ['trigger'],
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      registers,
    });
    this.retries = new Counter({
      name: 'hookline_webhook_retries_total',
      help: 'Failed attempts to deliver a notification that will be repeated.',
      labelNames: ['trigger'],
      registers,
    });
    this.exhausted = new Counter({
      name: 'hookline_webhook_exhausted_total',
      help: 'Notifications that failed in their last attempt.',
      labelNames: ['trigger'],
      registers,
    });
    this.lag = new Histogram({
      name: 'hookline_webhook_delivery_lag_seconds',
      help: 'Time from queueing a notification to its delivery.',
      labelNames: ['trigger'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800],
      registers,
    });
    this.outbox = new Gauge({
      name: 'hookline_outbox_depth',
      help:
        `Queued notifications in the whole database, up to ${COUNTED_AT_MOST} per state: due; later (waiting for the ` +
        'next attempt, or being sent); awaiting_start (until the start result of the task is recorded).',
      labelNames: ['state'],
      registers,
    });
    this.oldestDue = new Gauge({
      name: 'hookline_outbox_oldest_due_age_seconds',
      help: 'Time since the oldest due notification in the whole database became due; 0 if there is none.',
      registers,
    });
    // An alert on an increase would miss the first value of a new series.
    for (const trigger of NOTIFYING) for (const counter of [this.retries, this.exhausted]) counter.inc({ trigger }, 0);
  }

  /** Measures at each scrape how many hosts use all of their slots for start calls. */
  watchFull(hosts: () => number): void {
    this.watch('hookline_start_full_hosts', 'Hosts that use all of their slots for start calls.', hosts);
  }

  /** Measures at each scrape how many hosts are in cooldown. */
  watchCooldowns(hosts: () => number): void {
    const help = 'Hosts in cooldown: they did not answer, or asked for a pause by Retry-After.';
    this.watch('hookline_webhook_cooldown_hosts', help, hosts);
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

  /** Counts a call. */
  attempted(trigger: Trigger, answer: CallAnswer, ms: number): void {
    this.attempts.inc({ trigger, outcome: outcomeOf(answer) });
    this.durations.observe({ trigger }, ms / 1000);
  }

  /** Counts the calls of a group, which are one request. */
  groupAttempted(trigger: Trigger, answers: readonly CallAnswer[], ms: number): void {
    for (const answer of answers) this.attempts.inc({ trigger, outcome: outcomeOf(answer) });
    this.durations.observe({ trigger }, ms / 1000);
    this.groups.observe({ trigger }, answers.length);
  }

  /** Counts a recorded attempt to deliver a notification, `lagMs` after it was queued. */
  recorded(trigger: Trigger, outcome: 'success' | 'retry' | 'exhausted', lagMs: number): void {
    if (outcome === 'success') this.lag.observe({ trigger }, lagMs / 1000);
    else (outcome === 'retry' ? this.retries : this.exhausted).inc({ trigger });
  }

  /** Replaces the previous sample. */
  sampled({ due, later, awaiting_start, oldest_due_age_secs }: OutboxSample): void {
    this.outbox.set({ state: 'due' }, due);
    this.outbox.set({ state: 'later' }, later);
    this.outbox.set({ state: 'awaiting_start' }, awaiting_start);
    this.oldestDue.set(oldest_due_age_secs);
  }
}

const outcomeOf = ({ ok, status }: CallAnswer) => (ok ? 'success' : status === undefined ? 'no_answer' : 'refused');
