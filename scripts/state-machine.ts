import {
  TASK_STATUSES,
  TERMINAL_STATUSES,
  type TaskStatus,
  type Transition,
  TRANSITIONS,
} from '../src/domain/task-status';

const MEANINGS: Record<TaskStatus, string> = {
  Waiting: 'Some task that it depends on has not ended yet.',
  Pending: 'It may start as soon as a worker has room for it.',
  Claimed: 'A worker has taken it; its `on_start` call is queued or in flight.',
  Running: 'The receiver has accepted the work.',
  Paused: 'A person holds it. It remembers the state that it was held in.',
  Success: 'It is done.',
  Failure: 'It failed, or cannot succeed any more; `failure_reason` says why.',
  Canceled: 'Nobody wants it any more; `failure_reason` says why.',
};

const CAUSES: Record<keyof typeof TRANSITIONS, string> = {
  released: 'The last parent that it waited for has ended as the link asks.',
  claimed: 'A worker has taken it, to call `on_start`.',
  accepted: '`on_start` was answered with 2xx.',
  refused: '`on_start` was answered otherwise, or not at all.',
  requeued: 'The worker was lost before the call was settled.',
  succeeded: 'The receiver reported `Success`.',
  failed: 'The receiver reported `Failure`.',
  'timed out': 'The receiver was silent for longer than the `timeout` of the task.',
  'parent failed': 'A parent that had to succeed failed or was canceled.',
  paused: 'A person held it.',
  canceled: 'A person canceled it, or its whole batch.',
  'dead end': 'All of its children have ended without it.',
};

const transitions: Transition[] = Object.entries(TRANSITIONS).map(([event, rest]) => ({ event, ...rest }));
const isTerminal = (status: TaskStatus) => (TERMINAL_STATUSES as readonly TaskStatus[]).includes(status);

/** `docs/state-machine.md`: the states and the transition table of domain/task-status.ts, drawn and in words. */
export function stateMachine(): string {
  return `<!-- Written by \`npm run artefacts\` from src/domain/task-status.ts: change that file, not this one. -->

# The states of a task

${diagram()}

## States

${table(
  ['State', 'Terminal', 'Means'],
  TASK_STATUSES.map((status) => [`\`${status}\``, isTerminal(status) ? 'yes' : 'no', MEANINGS[status]]),
)}

A terminal state is never left. Only counters may still be added to a task that has ended.

## Transitions

These are the only ways from one state to another. Each is one guarded statement: of two callers that race, exactly one
wins, and the other is told so.

${table(
  ['Event', 'From', 'To', 'Also while paused', 'Happens when'],
  transitions.map(({ event, from, to, alsoWhilePaused }) => [
    event,
    from.map((status) => `\`${status}\``).join(', '),
    `\`${to}\``,
    alsoWhilePaused ? 'yes' : 'no',
    CAUSES[event as keyof typeof TRANSITIONS],
  ]),
)}

**Also while paused**: a paused task counts as being in the state it was held in, so the event reaches it too. An event
that ends the task ends it. Any other event leaves it \`Paused\`, and changes the state that it will go back to.

**Resuming** is the one way that is not in the table, because its end is not fixed: a paused task goes back to the state
it was held in, brought up to date by what happened meanwhile.
`;
}

function diagram(): string {
  const arrows = new Map<string, string[]>([
    ['[*] --> Waiting', ['created with dependencies']],
    ['[*] --> Pending', ['created without']],
  ]);
  for (const { event, from, to, alsoWhilePaused } of transitions) {
    const endsPaused = alsoWhilePaused && isTerminal(to);
    for (const status of new Set<TaskStatus>(endsPaused ? [...from, 'Paused'] : from)) {
      const arrow = `${status} --> ${to}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
    }
  }
  for (const held of TRANSITIONS.paused.from) arrows.set(`Paused --> ${held}`, ['resumed']);
  const lines = [...arrows].map(([arrow, events]) => `${arrow}: ${events.join(', ')}`);
  lines.push(...TERMINAL_STATUSES.map((status) => `${status} --> [*]`));
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `    ${line}`), '```'].join('\n');
}

/** A table whose columns are aligned, as the formatter wants it. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
