import {
  TASK_STATUSES,
  TERMINAL_STATUSES,
  type TaskStatus,
  type Transition,
  TRANSITIONS,
} from '../src/domain/task-status';

const MEANINGS: Record<TaskStatus, string> = {
  Waiting: 'A parent has not ended yet.',
  Pending: 'It can start once its rules admit it and a worker has a free slot.',
  Claimed: 'A worker has claimed it; its `on_start` call is queued or in flight.',
  Running: 'The receiver has accepted the work.',
  Paused: 'A user has paused it. It remembers its earlier status.',
  Success: 'The work is done.',
  Failure: 'It failed, or a required parent did; `failure_reason` says why.',
  Canceled: 'Its result is no longer wanted; `failure_reason` says why.',
};

const CAUSES: Record<keyof typeof TRANSITIONS, string> = {
  released: 'The last open parent has ended, and all links are satisfied.',
  claimed: 'A worker claims it to call `on_start`.',
  accepted: '`on_start` is answered with 2xx.',
  refused: '`on_start` gets any other answer, or none.',
  requeued: 'The worker is lost before the start result is recorded.',
  succeeded: 'The receiver reports `Success`.',
  failed: 'The receiver reports `Failure`.',
  retried:
    'Its start call is refused, its receiver reports `Failure` or is silent, and its retry policy leaves another attempt.',
  'timed out': 'The receiver is silent for longer than the `timeout` of the task.',
  'parent failed': 'A required parent fails or is canceled.',
  paused: 'A user pauses it.',
  canceled: 'A user cancels it or its batch.',
  'dead end': 'All of its children have ended.',
  rerun: 'A user reruns it; all of its links are satisfied.',
  'rerun with open parents': 'A user reruns it; a parent has not ended, or is rerun as well.',
  'parent rerun': 'A user reruns a parent of the task, which has not started.',
};

const transitions: Transition[] = Object.entries(TRANSITIONS).map(([event, rest]) => ({ event, ...rest }));
const isTerminal = (status: TaskStatus) => (TERMINAL_STATUSES as readonly TaskStatus[]).includes(status);

/** Returns `docs/state-machine.md`: the statuses and transitions of domain/task-status.ts as a diagram and as tables. */
export function stateMachine(): string {
  return `<!-- Written by \`npm run artefacts\` from src/domain/task-status.ts: change that file, not this one. -->

# Task statuses

${diagram()}

## Statuses

${table(
  ['Status', 'Terminal', 'Means'],
  TASK_STATUSES.map((status) => [`\`${status}\``, isTerminal(status) ? 'yes' : 'no', MEANINGS[status]]),
)}

Only a rerun leaves a terminal status. Until then, only the counters of the task may still grow.

## Transitions

No other transitions exist. Each is one guarded statement: of two racing callers, exactly one wins.

${table(
  ['Event', 'From', 'To', 'Also while paused', 'When'],
  transitions.map(({ event, from, to, alsoWhilePaused }) => [
    event,
    from.map((status) => `\`${status}\``).join(', '),
    `\`${to}\``,
    alsoWhilePaused ? 'yes' : 'no',
    CAUSES[event as keyof typeof TRANSITIONS],
  ]),
)}

**Also while paused**: the event also applies to a task that was paused from such a status. If it ends the task, the task
ends. Otherwise the task stays \`Paused\` and the status that it will return to changes.

**Resuming** is not in the table, because its result varies: the task returns to its earlier status, updated by what
happened meanwhile.
`;
}

function diagram(): string {
  const arrows = new Map<string, string[]>([
    ['[*] --> Waiting', ['created with dependencies']],
    ['[*] --> Pending', ['created without dependencies']],
  ]);
  for (const { event, from, to, alsoWhilePaused } of transitions) {
    const endsPaused = alsoWhilePaused && isTerminal(to);
    for (const status of new Set<TaskStatus>(endsPaused ? [...from, 'Paused'] : from)) {
      const arrow = `${status} --> ${to}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
    }
  }
  for (const status of TRANSITIONS.paused.from) arrows.set(`Paused --> ${status}`, ['resumed']);
  const lines = [...arrows].map(([arrow, events]) => `${arrow}: ${events.join(', ')}`);
  lines.push(...TERMINAL_STATUSES.map((status) => `${status} --> [*]`));
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `    ${line}`), '```'].join('\n');
}

/** Returns a Markdown table with aligned columns, as prettier formats it. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
