// CPU and memory of process trees, from the kernel.
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

function processes() {
  const all = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      all.set(Number(pid), { parent: Number(fields[1]), cpuSecs: ticks / TICKS_PER_SECOND });
    } catch {
      // It ended while we looked.
    }
  }
  return all;
}

/** CPU seconds used so far by these processes, their descendants and those that ended. */
export function cpuSecs(roots) {
  const all = processes();
  const inTree = (pid) => pid > 1 && (roots.includes(pid) || (all.has(pid) && inTree(all.get(pid).parent)));
  return [...all].filter(([pid]) => inTree(pid)).reduce((sum, [, { cpuSecs }]) => sum + cpuSecs, 0);
}

/** Resident memory of one process in MiB. */
export function residentMiB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
}
