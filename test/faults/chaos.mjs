// Plays the long form of the scenarios in this folder: `npm run chaos`, or only those whose title matches its argument.
// `--planted` puts bugs into copies of the built service, and fails unless each is found. `--short` plays what tests play.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { planted: { type: 'boolean' }, short: { type: 'boolean' } },
});
const SUITES = ['replicas', 'postgres', 'connections', 'surroundings'];
const suites = values.planted ? ['planted'] : SUITES;
const folder = mkdtempSync(join(tmpdir(), 'hookline-report-'));
const report = join(folder, 'figures.jsonl');

const { status } = spawnSync(
  'npx',
  [
    'jest',
    '--runInBand',
    ...suites.map((suite) => `test/faults/${suite}-spec.ts`),
    ...(positionals.length > 0 ? ['--testNamePattern', positionals.join(' ')] : []),
  ],
  { stdio: 'inherit', env: { ...process.env, CHAOS: values.short ? '0' : '1', CHAOS_REPORT: report } },
);

const figures = read(report);
rmSync(folder, { recursive: true });
const HEAD = [
  'Scenario',
  'Broken',
  'Tasks',
  'Duplicates',
  'Lost',
  'Recovery, s',
  'Memory, MiB',
  'Results a second',
  'Notes',
];
const rows = figures.map((each) => [
  each.scenario,
  each.broken,
  each.tasks,
  `${each.duplicates} of ${each.mayRepeat}`,
  each.lost,
  each.recoverySecs.toFixed(1),
  each.peakMemory,
  each.pace.toFixed(0),
  each.more ?? '',
]);
const line = (cells) => `| ${cells.join(' | ')} |`;
console.log(['', line(HEAD), line(HEAD.map(() => '---')), ...rows.map(line)].join('\n'));
process.exit(status ?? 1);

function read(path) {
  try {
    return readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return []; // No scenario has finished.
  }
}
