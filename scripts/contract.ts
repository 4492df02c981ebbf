/**
 * Writes docs/contract.md, the table of what the service promises and of the tests that hold it to that, from
 * docs/contract.json. With `--check` it says instead what is wrong: a promise without a test, a test that does not
 * exist (any more), a table that does not match.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { titlesOf } from './contract/titles';

/** From dist/scripts, where this runs, to the top of the project. */
const ROOT = resolve(__dirname, '../..');
const TABLE = 'docs/contract.md';
/** Between the file of a test, as seen from `test/`, and its full title. */
const AFTER_FILE = ': ';

interface Section {
  /** Number in the contract, and what it is about. */
  section: string;
  statements: Statement[];
}

/** One promise, in words of its own. */
interface Statement {
  says: string;
  /** `features/some-spec.ts: Title of a group › title of a test`. */
  tests: string[];
}

interface TestName {
  file: string;
  title: string;
}

function nameOf(test: string): TestName {
  const [file, ...title] = test.split(AFTER_FILE);
  return { file, title: title.join(AFTER_FILE) };
}

const known = new Map<string, Set<string>>();

function exists({ file, title }: TestName): boolean {
  const path = join(ROOT, 'test', file);
  if (!known.has(file)) known.set(file, existsSync(path) ? titlesOf(path, readFileSync(path, 'utf8')) : new Set());
  return known.get(file)!.has(title);
}

function* faultsOf(sections: readonly Section[], table: string): Generator<string> {
  for (const { section, statements } of sections) {
    for (const { says, tests } of statements) {
      const about = `${section}: "${says}"`;
      if (tests.length === 0) yield `${about} has no test`;
      for (const test of tests) if (!exists(nameOf(test))) yield `${about} names a test that does not exist: ${test}`;
    }
  }
  const path = join(ROOT, TABLE);
  const current = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (current !== table) yield `${TABLE} does not match docs/contract.json; run: npm run contract`;
}

function tableOf(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ section, statements }) =>
    statements.map(({ says, tests }) => row(section, escaped(says), tests.map(nameOf).map(cell).join('<br>'))),
  );
  const head = [row('Section', 'What it says', 'Tests'), row('---', '---', '---')];
  return `<!-- Written by \`npm run contract\` from docs/contract.json: change that file, not this one. -->

# The contract, and the tests that hold the service to it

A \`%s\` or \`$name\` in the title of a test stands for the rows of its table: each of them is a test.

${[...head, ...rows].join('\n')}
`;
}

const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`;
const cell = ({ file, title }: TestName): string => `[${file}](../test/${file}): ${escaped(title)}`;
const escaped = (text: string): string => text.replace(/[|<>*_[\]\\`$]/g, (mark) => `\\${mark}`);

function main(): void {
  const sections = JSON.parse(readFileSync(join(ROOT, 'docs/contract.json'), 'utf8')) as Section[];
  const table = tableOf(sections);
  if (!process.argv.includes('--check')) {
    writeFileSync(join(ROOT, TABLE), table);
    return;
  }
  for (const fault of faultsOf(sections, table)) {
    console.error(fault);
    process.exitCode = 1;
  }
}

main();
