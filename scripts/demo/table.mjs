/** The table of results at the end of the demo. */
import { endedAsExpected, expected } from './batches.mjs';
import { paint, paintStatus } from './terminal.mjs';

/** From this number on, tasks of one kind with the same expected result share a row. */
const FOLD_FROM = 10;
const HEADINGS = ['', 'Task', 'Kind', 'Status', 'Attempts', 'Progress', 'Seconds'];

/** Prints the tables of all batches with aligned columns. */
export function printTable(batches) {
  const sections = batches.map((batch) => ({
    title: batch.title,
    rows: fold(batch).map((tasks) => row(batch, tasks)),
  }));
  const all = [HEADINGS, ...sections.flatMap(({ rows }) => rows.map(({ cells }) => cells))];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((cells) => cells[column].length)));
  const line = (cells) => cells.map((cell, column) => cell.padEnd(widths[column]));
  for (const { title, rows } of sections) {
    console.log(`\n${paint('bold', title)}\n${paint('gray', line(HEADINGS).join('  '))}`);
    for (const { cells, status, ok, why } of rows) {
      const [mark, name, kind, label, ...rest] = line(cells);
      console.log([paint(ok ? 'green' : 'red', mark), name, kind, paintStatus(status, label), ...rest].join('  '));
      if (why) console.log(paint('gray', `   └ ${why}`));
    }
  }
}

/** Groups the tasks of a batch that share a row, in their order. */
function fold(batch) {
  const groups = new Map();
  for (const task of batch.tasks) {
    const key = `${task.kind} ${task.status} ${endedAsExpected(batch, task)}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  const large = [...groups.values()].filter((tasks) => tasks.length >= FOLD_FROM && endedAsExpected(batch, tasks[0]));
  const folded = new Map(large.flatMap((tasks) => tasks.map((task) => [task, tasks])));
  const rows = new Set();
  return batch.tasks.flatMap((task) => {
    const group = folded.get(task) ?? [task];
    if (rows.has(group)) return [];
    rows.add(group);
    return [group];
  });
}

function row(batch, tasks) {
  const [first] = tasks;
  const ok = endedAsExpected(batch, first);
  return {
    status: first.status,
    ok,
    why: [...(ok ? [] : [expectation(batch, first)]), ...reasons(first)].join('; '),
    cells: [
      ok ? '✓' : '✗',
      tasks.length === 1 ? first.name : `${first.name} and ${tasks.length - 1} more`,
      first.kind,
      tasks.length === 1 ? first.status : `${tasks.length} × ${first.status}`,
      range(tasks.map(({ attempt }) => attempt)),
      progress(tasks),
      duration(tasks),
    ],
  };
}

function expectation(batch, task) {
  const { status, attempts } = expected(batch, task);
  return `expected ${status} at attempt ${attempts}`;
}

/** Returns the reasons of the failed attempts at a task, the last one without its number. */
function reasons({ failure_reason, earlier_attempts = [] }) {
  const earlier = earlier_attempts.map(({ attempt, failure_reason }) => `attempt ${attempt}: ${failure_reason}`);
  return failure_reason ? [...earlier, failure_reason] : earlier;
}

function progress(tasks) {
  if (tasks.every(({ expected_count: expected }) => expected === null)) return '';
  const sum = (field) => tasks.reduce((total, task) => total + (task[field] ?? 0), 0);
  return `${sum('success')}/${sum('expected_count')}`;
}

/** Returns the seconds from start to end; for several tasks, the shortest and the longest. */
function duration(tasks) {
  const seconds = tasks
    .filter(({ started_at, ended_at }) => started_at && ended_at)
    .map(({ started_at, ended_at }) => (new Date(ended_at) - new Date(started_at)) / 1000);
  if (seconds.length === 0) return '';
  return range(seconds, (value) => value.toFixed(1));
}

/** Returns the smallest and the largest of the values, or the only one. */
function range(values, text = String) {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => text(value));
  return least === most ? least : `${least}–${most}`;
}
