// CPU and memory of process trees, from the kernel. Linux only.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

// The kernel counts in ticks of a hundredth of a second on every Linux that Node runs on.
const MS_PER_TICK = 10;
const STORES = new Set(['postgres', 'redis-server']);

/** Every process there is: its parent, its program, and the CPU time of it and of its children that have ended. */
function processes() {
  const all = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const end = stat.lastIndexOf(')');
      const fields = stat.slice(end + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      const program = stat.slice(stat.indexOf('(') + 1, end);
      all.set(Number(pid), { parent: Number(fields[1]), program, cpuMs: ticks * MS_PER_TICK });
    } catch {
      // It ended while we looked.
    }
  }
  return all;
}

function within(all, roots, pid) {
  for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (roots.includes(at)) return true;
  return false;
}

/** The processes and all below them. */
export function treeOf(roots) {
  const all = processes();
  return [...all.keys()].filter((pid) => within(all, roots, pid));
}

/** CPU time so far of the trees: of databases (`store`) and of everything else (`app`). */
export function cpuOf(roots) {
  const all = processes();
  const used = { app: 0, store: 0 };
  for (const [pid, { program, cpuMs }] of all)
    if (within(all, roots, pid)) used[STORES.has(program) ? 'store' : 'app'] += cpuMs;
  return used;
}

/** Time for which the machine's cores were not idle so far, by whomever, the host that lends them included. */
export function machineBusyMs() {
  const [user, nice, system, , , interrupt, softInterrupt, stolen] = readFileSync('/proc/stat', 'latin1')
    .split('\n')[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupt + softInterrupt + stolen) * MS_PER_TICK;
}

export const cores = cpus().length;

const field = (pid, name) =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024;

export const residentMiB = (pid) => field(pid, 'VmRSS');

/** The most that the process had resident since `forgetPeak`: the kernel's own mark, which misses nothing. */
export const peakMiB = (pid) => field(pid, 'VmHWM');

export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
