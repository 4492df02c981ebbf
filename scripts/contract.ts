/**
 * Writes docs/contract.md, a list of the service's promises and of the spec files that test them, from
 * docs/contract.json. With `--check` it reports faults instead: a promise without a test, a test that does not exist,
 * a page that does not match.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { titlesOf } from './contract/titles';

/** The top of the project, seen from dist/scripts, where this runs. */
const ROOT = resolve(__dirname, '../..');
const PAGE = 'docs/contract.md';
/** Separates the file of a test, relative to `test/`, from its full title. */
const AFTER_FILE = ': ';

interface Section {
  /** Number in docs/spec.md and subject. */
  section: string;
  statements: Statement[];
}

/** One promise. */
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

function* faultsOf(sections: readonly Section[], page: string): Generator<string> {
  for (const { section, statements } of sections) {
    for (const { says, tests } of statements) {
      const about = `${section}: "${says}"`;
      if (tests.length === 0) yield `${about} has no test`;
      for (const test of tests) if (!exists(nameOf(test))) yield `${about} names a test that does not exist: ${test}`;
    }
  }
  const path = join(ROOT, PAGE);
  const current = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (current !== page) yield `${PAGE} does not match docs/contract.json; run: npm run contract`;
}

function pageOf(sections: readonly Section[]): string {
  return `<!-- Written by \`npm run contract\` from docs/contract.json: change that file, not this one. -->

# Promises and their tests

Numbers are sections of [spec.md](spec.md). Each promise links to the spec files that test it;
[contract.json](contract.json) has the titles of the tests.

${sections.map(({ section, statements }) => `## ${section}\n\n${statements.map(bullet).join('\n')}`).join('\n\n')}
`;
}

function bullet({ says, tests }: Statement): string {
  const files = new Set(tests.map((test) => nameOf(test).file));
  return `- ${escaped(says)}: ${[...files].map(link).join(', ')}`;
}

const link = (file: string): string => `[${basename(file).replace(/-spec\.tsx?$/, '')}](../test/${file})`;
const escaped = (text: string): string => text.replace(/[|<>*_[\]\\`$]/g, (mark) => `\\${mark}`);

function main(): void {
  const sections = JSON.parse(readFileSync(join(ROOT, 'docs/contract.json'), 'utf8')) as Section[];
  const page = pageOf(sections);
  if (!process.argv.includes('--check')) {
    writeFileSync(join(ROOT, PAGE), page);
    return;
  }
  for (const fault of faultsOf(sections, page)) {
    console.error(fault);
    process.exitCode = 1;
  }
}

main();
