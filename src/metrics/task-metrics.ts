import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Ending, TaskStatus, TerminalStatus } from '../domain/task-status';
import { KindLabels, OTHER_KINDS } from './kinds';
import { COUNTED_AT_MOST } from './sampling';
import { alike, tally } from './tally';

/** Statuses that are counted: those with a queue, whose index makes it cheap. */
const COUNTED = ['Pending', 'Claimed', 'Running'] as const satisfies readonly TaskStatus[];

/** Type of the rule that blocks a task; `none` if no rule could ever admit it. */
const BLOCKS = ['Concurrency', 'Capacity', 'none'] as const;

/** An attempt that is over. */
export interface CountedAttempt {
  kind: string;
  ending: Ending;
  /** The status it ended from; for a paused task, the one it was paused from. */
  was: TaskStatus;
  was_paused: boolean;
  /** Seconds since its claim; null if it was never claimed. */
  ran_secs: number | null;
}

/** A task that was claimed. */
interface CountedClaim {
  kind: string;
  /** Seconds since it could start; absent if it was claimed as it became `Pending`. */
  waited_secs?: number;
}

export interface EndedTask extends CountedAttempt {
  status: TerminalStatus;
}

/** Number of tasks of one kind in one status. */
export interface TaskCount {
  status: (typeof COUNTED)[number];
  /** Null: several kinds with few tasks each, counted together. */
  kind: string | null;
  /** Type of the rule that blocks these tasks; null if they are not blocked. */
  block: (typeof BLOCKS)[number] | null;
  /** They wait for their `run_at`. */
  delayed: boolean;
  tasks: number;
  /** Seconds since the first of them could start; null if they cannot start. */
  oldest_secs: number | null;
}

/** Seconds; from a task that starts at once to one that waits or works for hours. */
const LONG_BUCKETS = [0.01, 0.1, 0.5, 2, 10, 60, 300, 1800, 7200];

/** Metrics of tasks. Counters are about this process, gauges about the whole database. */
export class TaskMetrics {
  private readonly kinds = new KindLabels();
  private readonly createdTotal: Counter<'kind'>;
  private readonly endedTotal: Counter<'kind' | 'outcome' | 'reason'>;
  private readonly attempts: Counter<'kind' | 'outcome' | 'retried'>;
  private readonly waits: Histogram<'kind'>;
  private readonly runs: Histogram<'kind'>;
  private readonly rerunTotal: Counter<'kind'>;
  private readonly transitions: Counter<'from' | 'to'>;
  private readonly propagated: Counter<'effect'>;
  private readonly staleClaims: Counter;
  private readonly removedTotal: Counter<'what'>;
  private readonly counted: Gauge<'status' | 'kind'>;
  private readonly blocked: Gauge<'rule'>;
  private readonly delayed: Gauge;
  private readonly oldest: Gauge;
  private readonly estimate: Gauge<'status'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.createdTotal = new Counter({
      name: 'hookline_tasks_created_total',
      help: 'Tasks created, by kind.',
      labelNames: ['kind'],
      registers,
    });
    this.endedTotal = new Counter({
      name: 'hookline_tasks_ended_total',
      help: 'Tasks that ended, by kind, outcome (success, failure, canceled) and reason.',
      labelNames: ['kind', 'outcome', 'reason'],
      registers,
    });
    this.attempts = new Counter({
      name: 'hookline_task_attempts_total',
      help:
        'Attempts that were started and are over, by kind, outcome (succeeded, failed, refused, timed_out, canceled, ' +
        'dead_end) and whether another attempt follows.',
      labelNames: ['kind', 'outcome', 'retried'],
      registers,
    });
    this.waits = new Histogram({
      name: 'hookline_task_queue_wait_seconds',
      help: 'Time from when a task could start, apart from rules, to its claim, by kind.',
      labelNames: ['kind'],
      buckets: LONG_BUCKETS,
      registers,
    });
    this.runs = new Histogram({
      name: 'hookline_task_run_seconds',
      help: 'Time from the claim of an attempt to its end, by kind; for attempts that were started.',
      labelNames: ['kind'],
      buckets: LONG_BUCKETS,
      registers,
    });
    this.rerunTotal = new Counter({
      name: 'hookline_tasks_rerun_total',
      help: 'Ended tasks that run again because a user reran them, by kind.',
      labelNames: ['kind'],
      registers,
    });
    this.transitions = new Counter({
      name: 'hookline_task_transitions_total',
      help: 'Changes of status as shown by the API; a task that stays Paused has none.',
      labelNames: ['from', 'to'],
      registers,
    });
    this.propagated = new Counter({
      name: 'hookline_tasks_propagated_total',
      help: 'Tasks changed by the end of another: released (now Pending), cascaded (now Failure) or dead_end (now Canceled).',
      labelNames: ['effect'],
      registers,
    });
    this.staleClaims = new Counter({
      name: 'hookline_stale_claims_total',
      help: 'Claims of lost workers that were requeued.',
      registers,
    });
    this.removedTotal = new Counter({
      name: 'hookline_retention_removed_total',
      help: 'Tasks and batches removed by retention.',
      labelNames: ['what'],
      registers,
    });
    this.counted = new Gauge({
      name: 'hookline_tasks',
      help:
        `Tasks by status and kind in the whole database, up to ${COUNTED_AT_MOST} per queue. Only statuses with a ` +
        'queue; see hookline_tasks_estimated for the others.',
      labelNames: ['status', 'kind'],
      registers,
    });
    this.blocked = new Gauge({
      name: 'hookline_tasks_blocked',
      help:
        'Pending tasks blocked by a rule, by the type of the rule (none: no rule could ever admit the task), in the ' +
        `whole database, up to ${COUNTED_AT_MOST}.`,
      labelNames: ['rule'],
      registers,
    });
    this.delayed = new Gauge({
      name: 'hookline_tasks_delayed',
      help: `Pending tasks that wait for their time, in the whole database, up to ${COUNTED_AT_MOST}.`,
      registers,
    });
    this.oldest = new Gauge({
      name: 'hookline_tasks_oldest_ready_age_seconds',
      help:
        'Age of the oldest task that may start now: seconds since it could start. In the whole database, among the first ' +
        `${COUNTED_AT_MOST} of the queue; 0 if there is none.`,
      registers,
    });
    this.estimate = new Gauge({
      name: 'hookline_tasks_estimated',
      help:
        'All tasks by status, ended ones included, as estimated by the statistics of PostgreSQL; absent before the ' +
        'first ANALYZE.',
      labelNames: ['status'],
      registers,
    });
  }

  /** Counts created tasks. */
  created(tasks: readonly { kind: string }[]): void {
    for (const [kind, count] of tally(tasks, (task) => task.kind)) {
      this.createdTotal.inc({ kind: this.kinds.of(kind) }, count);
    }
  }

  /** Counts claimed tasks. */
  claimed(tasks: readonly CountedClaim[]): void {
    // The clocks of two transactions may differ by a moment.
    for (const { kind, waited_secs = 0 } of tasks)
      this.waits.observe({ kind: this.kinds.of(kind) }, Math.max(0, waited_secs));
    this.moved('Pending', 'Claimed', tasks.length);
  }

  /** Counts ended tasks. @param released number of tasks that became `Pending` as a result. */
  ended(tasks: readonly EndedTask[], released: number): void {
    this.measureRuns(tasks);
    for (const { count, status, ending, was, was_paused, kind } of alike(tasks)) {
      const labels = { kind: this.kinds.of(kind), outcome: status.toLowerCase(), reason: ending.replace(' ', '_') };
      this.endedTotal.inc(labels, count);
      this.countAttempts({ ending, was, kind }, false, count);
      this.moved(was_paused ? 'Paused' : was, status, count);
      if (ending === 'parent failed') this.propagated.inc({ effect: 'cascaded' }, count);
      if (ending === 'dead end') this.propagated.inc({ effect: 'dead_end' }, count);
    }
    if (released > 0) this.propagated.inc({ effect: 'released' }, released);
    this.moved('Waiting', 'Pending', released);
  }

  /** Counts attempts that are followed by another. */
  retried(tasks: readonly CountedAttempt[]): void {
    this.measureRuns(tasks);
    for (const attempt of alike(tasks)) {
      this.countAttempts(attempt, true, attempt.count);
      if (!attempt.was_paused) this.moved(attempt.was, 'Pending', attempt.count);
    }
  }

  /** Counts tasks that a rerun changed. */
  rerun(tasks: readonly { effect: string; kind: string; was: TaskStatus; status: TaskStatus }[]): void {
    for (const [kind, count] of tally(
      tasks.filter(({ effect }) => effect === 'rerun'),
      (task) => task.kind,
    )) {
      this.rerunTotal.inc({ kind: this.kinds.of(kind) }, count);
    }
    const moves = tally(tasks, ({ was, status }) => `${was} ${status}`);
    for (const [move, count] of moves) {
      const [from, to] = move.split(' ') as [TaskStatus, TaskStatus];
      if (from !== to) this.moved(from, to, count);
    }
  }

  private measureRuns(attempts: readonly CountedAttempt[]): void {
    for (const { kind, was, ran_secs } of attempts) {
      if (ran_secs !== null && isStarted(was)) this.runs.observe({ kind: this.kinds.of(kind) }, Math.max(0, ran_secs));
    }
  }

  /** Counts attempts that a receiver was called for. */
  private countAttempts(
    { ending, was, kind }: Pick<CountedAttempt, 'ending' | 'was' | 'kind'>,
    retried: boolean,
    count: number,
  ): void {
    if (!isStarted(was)) return;
    const labels = { kind: this.kinds.of(kind), outcome: ending.replace(' ', '_'), retried: String(retried) };
    this.attempts.inc(labels, count);
  }

  /** Counts tasks that changed their status without ending. */
  moved(from: TaskStatus, to: TaskStatus, tasks = 1): void {
    if (tasks > 0) this.transitions.inc({ from, to }, tasks);
  }

  /** Counts requeued claims of lost workers. */
  requeued(tasks: number): void {
    this.staleClaims.inc(tasks);
    this.moved('Claimed', 'Pending', tasks);
  }

  /** Counts tasks and batches removed by retention. */
  removed(tasks: number, batches: number): void {
    this.removedTotal.inc({ what: 'tasks' }, tasks);
    this.removedTotal.inc({ what: 'batches' }, batches);
  }

  /** Replaces the previous sample; counts that are not in the new one become 0. */
  sampled(counts: readonly TaskCount[]): void {
    const rows = counts.map((row) => ({ ...row, kind: row.kind === null ? OTHER_KINDS : this.kinds.of(row.kind) }));
    this.counted.reset();
    for (const kind of this.kinds.all) for (const status of COUNTED) this.counted.set({ status, kind }, 0);
    for (const rule of BLOCKS) this.blocked.set({ rule }, 0);
    this.delayed.set(0);
    let oldest = 0;
    for (const { status, kind, block, delayed, tasks, oldest_secs } of rows) {
      this.counted.inc({ status, kind }, tasks);
      if (delayed) this.delayed.inc(tasks);
      oldest = Math.max(oldest, oldest_secs ?? 0);
      if (block) this.blocked.inc({ rule: block }, tasks);
    }
    this.oldest.set(oldest);
  }

  /** Replaces the previous estimates. */
  estimated(estimates: readonly { status: TaskStatus; tasks: number }[]): void {
    this.estimate.reset();
    for (const { status, tasks } of estimates) this.estimate.set({ status }, tasks);
  }
}

/** Whether an attempt that ended in this status had been claimed, so that its receiver was called. */
const isStarted = (was: TaskStatus): boolean => was === 'Claimed' || was === 'Running';
