import { spawnSync } from 'node:child_process';

const run = (args: string[], input?: string) => spawnSync('promtool', args, { input, encoding: 'utf8' });
const isMissing = run(['--version']).error !== undefined;
if (isMissing)
  process.stderr.write('Tests with promtool are skipped: it was not found (Debian: package prometheus).\n');

/** A test that needs promtool, and is skipped without it. */
const withPromtool = isMissing ? it.skip : it;
export { withPromtool as test };

/** Runs promtool, and returns what it finds fault with; empty if it finds none. */
export function promtool(args: string[], input?: string): string {
  const { status, stdout, stderr } = run(args, input);
  // It exits with 3 for warnings of `check metrics`, but also prints them with 0.
  return status === 0 && !stderr ? '' : `${stdout}${stderr}`;
}
