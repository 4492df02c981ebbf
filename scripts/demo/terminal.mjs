/** Progress output of the demo: redrawn in place on a terminal, plain lines otherwise. */
import { styleText } from 'node:util';
import { hasEnded } from './batches.mjs';

const COLOURS = {
  Waiting: 'gray',
  Pending: 'cyan',
  Claimed: 'cyan',
  Running: 'blue',
  Paused: 'magenta',
  Success: 'green',
  Failure: 'red',
  Canceled: 'yellow',
};
const BAR_WIDTH = 24;
const PLAIN_INTERVAL_MS = 1000;

const live = process.stdout.isTTY === true && process.env.TERM !== 'dumb';
const coloured = live && !process.env.NO_COLOR;

/** Returns the text in a style of `util.styleText`, if colours are enabled. */
export const paint = (style, text) => (coloured ? styleText(style, text) : text);
export const paintStatus = (status, text) => paint(COLOURS[status] ?? 'white', text);

/** Returns the number of tasks by status, in the order of a task's life, without zeros. */
function countByStatus(tasks) {
  return Object.keys(COLOURS)
    .map((status) => ({ status, count: tasks.filter((task) => task.status === status).length }))
    .filter(({ count }) => count > 0);
}

const describeStatuses = (tasks) =>
  countByStatus(tasks)
    .map(({ status, count }) => paintStatus(status, `${count} ${status.toLowerCase()}`))
    .join(', ');

function bar(tasks) {
  const cells = (from, to) =>
    Math.round((to * BAR_WIDTH) / tasks.length) - Math.round((from * BAR_WIDTH) / tasks.length);
  let seen = 0;
  const parts = ['Success', 'Failure', 'Canceled'].map((status) => {
    const from = seen;
    seen += tasks.filter((task) => task.status === status).length;
    return paintStatus(status, '█'.repeat(cells(from, seen)));
  });
  return parts.join('') + paint('gray', '░'.repeat(cells(seen, tasks.length)));
}

/** Returns a function that shows the current state of the batches. */
export function progressBoard() {
  const begin = performance.now();
  return live ? liveBoard(begin) : plainBoard(begin);
}

const secondsSince = (begin) => `${((performance.now() - begin) / 1000).toFixed(1)} s`;
const endedOf = (tasks) => `${tasks.filter(hasEnded).length}/${tasks.length}`;

function liveBoard(begin) {
  let drawn = 0;
  const times = new Map();
  return (batches) => {
    const lines = batches.map(({ title, id, tasks }) => {
      // An ended batch keeps its time.
      const time = times.get(id) ?? secondsSince(begin);
      if (tasks.every(hasEnded)) times.set(id, time);
      return `\x1b[2K  ${title.padEnd(18)} ${bar(tasks)} ${endedOf(tasks).padStart(7)}  ${time}  ${describeStatuses(tasks)}\n`;
    });
    const up = drawn ? `\x1b[${drawn}A` : '';
    // Line wrap is off (7l, 7h) while drawing: in a narrow terminal, each line must take one row.
    process.stdout.write(`${up}\x1b[?7l${lines.join('')}\x1b[?7h`);
    drawn = lines.length;
  };
}

function plainBoard(begin) {
  const shown = new Map();
  return (batches) => {
    for (const { title, id, tasks } of batches) {
      const last = shown.get(id);
      const statuses = describeStatuses(tasks);
      const soon = last && performance.now() - last.at < PLAIN_INTERVAL_MS && !tasks.every(hasEnded);
      if (last?.statuses === statuses || soon) continue;
      shown.set(id, { statuses, at: performance.now() });
      console.log(`  ${secondsSince(begin).padStart(7)}  ${title}  ${endedOf(tasks)} ended: ${statuses}`);
    }
  };
}
