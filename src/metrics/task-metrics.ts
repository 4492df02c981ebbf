import { Counter, Gauge, type Registry } from 'prom-client';
import type { Ending, TaskStatus, TerminalStatus } from '../domain/task-status';
import { KindLabels, OTHER_KINDS } from './kinds';
import { COUNTED_AT_MOST } from './sampling';

/** States that are counted by their queues' indexes; there is no index for the others. */
const COUNTED = ['Pending', 'Claimed', 'Running'] as const satisfies readonly TaskStatus[];

/** What keeps a task from starting: a rule of that type, or that no rule could admit it as it is. */
export const BLOCKS = ['Concurrency', 'Capacity', 'none'] as const;

export interface EndedTask {
  kind: string;
  status: TerminalStatus;
  ending: Ending;
  /** The state it ended from; of a paused task, the one it was held in. */
  was: TaskStatus;
  was_paused: boolean;
}

/** So many tasks of one kind in one state. */
export interface TaskCount {
  status: (typeof COUNTED)[number];
  /** Null: of several kinds too small to be told apart. */
  kind: string | null;
  /** Of tasks that a rule blocks: which sort of rule. */
  block: (typeof BLOCKS)[number] | null;
  tasks: number;
}

/** What happens to tasks. Counters tell of this process, gauges of the whole database. */
export class TaskMetrics {
  private readonly kinds = new KindLabels();
  private readonly createdTotal: Counter<'kind'>;
  private readonly endedTotal: Counter<'kind' | 'outcome' | 'reason'>;
  private readonly transitions: Counter<'from' | 'to'>;
  private readonly propagated: Counter<'effect'>;
  private readonly staleClaims: Counter;
  private readonly removedTotal: Counter<'what'>;
  private readonly counted: Gauge<'status' | 'kind'>;
  private readonly blocked: Gauge<'rule'>;
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
      help: 'Tasks that ended, by kind, outcome (success, failure, canceled) and what ended them.',
      labelNames: ['kind', 'outcome', 'reason'],
      registers,
    });
    this.transitions = new Counter({
      name: 'hookline_task_transitions_total',
      help: 'Changes of state, as the API shows states: what happens to a task while it stays Paused is not one.',
      labelNames: ['from', 'to'],
      registers,
    });
    this.propagated = new Counter({
      name: 'hookline_tasks_propagated_total',
      help: 'Tasks that the end of another one released (made Pending), let fall (Failure) or left pointless (dead_end).',
      labelNames: ['effect'],
      registers,
    });
    this.staleClaims = new Counter({
      name: 'hookline_stale_claims_total',
      help: 'Claims of lost workers that were given back to the queue.',
      registers,
    });
    this.removedTotal = new Counter({
      name: 'hookline_retention_removed_total',
      help: 'Tasks and batches that were removed because of their age.',
      labelNames: ['what'],
      registers,
    });
    this.counted = new Gauge({
      name: 'hookline_tasks',
      help:
        `Tasks by state and kind, in the whole database, up to ${COUNTED_AT_MOST} of a queue. Only states that have a ` +
        'queue: see hookline_tasks_estimated for the others.',
      labelNames: ['status', 'kind'],
      registers,
    });
    this.blocked = new Gauge({
      name: 'hookline_tasks_blocked',
      help:
        'Pending tasks set aside because a rule blocks them, by the type of the rule (none: no rule could admit the task ' +
        `as it is), in the whole database, up to ${COUNTED_AT_MOST}.`,
      labelNames: ['rule'],
      registers,
    });
    this.estimate = new Gauge({
      name: 'hookline_tasks_estimated',
      help:
        'All tasks by state, ended ones included, as the statistics of PostgreSQL estimate them; absent before the ' +
        'first ANALYZE.',
      labelNames: ['status'],
      registers,
    });
  }

  created(tasks: readonly { kind: string }[]): void {
    for (const [kind, count] of tally(tasks, (task) => task.kind)) {
      this.createdTotal.inc({ kind: this.kinds.of(kind) }, count);
    }
  }

  /** @param released tasks that became `Pending` with these ends. */
  ended(tasks: readonly EndedTask[], released: number): void {
    const alike = tally(
      tasks,
      ({ kind, status, ending, was, was_paused }) => `${status}\n${ending}\n${was_paused ? 'Paused' : was}\n${kind}`,
    );
    for (const [key, count] of alike) {
      const [status, ending, was, ...kind] = key.split('\n');
      const reason = ending.replace(' ', '_');
      const labels = { kind: this.kinds.of(kind.join('\n')), outcome: status.toLowerCase(), reason };
      this.endedTotal.inc(labels, count);
      this.moved(was as TaskStatus, status as TaskStatus, count);
      if (ending === 'parent failed') this.propagated.inc({ effect: 'fallen' }, count);
      if (ending === 'dead end') this.propagated.inc({ effect: 'dead_end' }, count);
    }
    if (released > 0) this.propagated.inc({ effect: 'released' }, released);
    this.moved('Waiting', 'Pending', released);
  }

  /** So many tasks went from one state to another without ending. */
  moved(from: TaskStatus, to: TaskStatus, tasks = 1): void {
    if (tasks > 0) this.transitions.inc({ from, to }, tasks);
  }

  /** Claims of lost workers went back to the queue. */
  requeued(tasks: number): void {
    this.staleClaims.inc(tasks);
    this.moved('Claimed', 'Pending', tasks);
  }

  /** Retention removed so many. */
  removed(tasks: number, batches: number): void {
    this.removedTotal.inc({ what: 'tasks' }, tasks);
    this.removedTotal.inc({ what: 'batches' }, batches);
  }

  /** A sample replaces the one before; what it does not mention is zero. */
  sampled(counts: readonly TaskCount[]): void {
    const rows = counts.map((row) => ({ ...row, kind: row.kind === null ? OTHER_KINDS : this.kinds.of(row.kind) }));
    this.counted.reset();
    for (const kind of this.kinds.all) for (const status of COUNTED) this.counted.set({ status, kind }, 0);
    for (const rule of BLOCKS) this.blocked.set({ rule }, 0);
    for (const { status, kind, block, tasks } of rows) {
      this.counted.inc({ status, kind }, tasks);
      if (block) this.blocked.inc({ rule: block }, tasks);
    }
  }

  /** The estimate of every state. */
  estimated(estimates: readonly { status: TaskStatus; tasks: number }[]): void {
    this.estimate.reset();
    for (const { status, tasks } of estimates) this.estimate.set({ status }, tasks);
  }
}

/** How many there are of each sort: a counter is asked once for all that are alike. */
function tally<T>(items: readonly T[], sortOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const sort = sortOf(item);
    counts.set(sort, (counts.get(sort) ?? 0) + 1);
  }
  return counts;
}
