import { existsSync } from 'node:fs';
import { sleep } from './clock.mjs';

const PATIENCE_MS = 20_000;

/** Begins a CPU profile of the system's first process, unless it runs already: several workloads may share a system. */
export function beginProfile(system) {
  if (!system.profile || system.profiling) return;
  system.profiling = true;
  process.kill(system.apps[0].pid, 'SIGURG');
}

/** Ends it, and comes back when it is written. */
export async function endProfile(system) {
  const { profile } = system;
  if (!profile || !system.profiling) return;
  system.profile = undefined;
  process.kill(system.apps[0].pid, 'SIGURG');
  for (let waited = 0; !existsSync(profile) && waited < PATIENCE_MS; waited += 100) await sleep(100);
  console.error(`profile: ${profile}`);
}
