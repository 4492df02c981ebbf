import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A PostgreSQL that runs on a data folder. */
export interface Server {
  readonly port: number;
  /** Accepts connections: recovery is over and no shutdown has begun. */
  readonly ready: boolean;
  /** Identity of the process that started the server. */
  readonly owner?: string;
}

// Bits of Linux's /proc/<pid>/stat: the flag PF_EXITING, and SIGKILL among the pending signals.
const EXITING = 0x4;
const KILLED = 0x100;

/**
 * Returns the start time and command line of a process, or undefined once it has ended. A zombie counts as ended: a killed
 * process stays in the system's list until it has returned its memory and its parent has noticed.
 */
function processOf(pid: number): { start: string; command: string } | undefined {
  try {
    if (process.platform === 'linux') {
      // Slim images lack `ps`. Fields are counted from behind the program's name, which may contain spaces.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      if (stat[0] === 'Z' || Number(stat[6]) & EXITING || Number(stat[28]) & KILLED) return undefined;
      return { start: stat[19], command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
    }
    const line = execFileSync('ps', ['-ww', '-o', 'state=,lstart=,command=', '-p', String(pid)], {
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      encoding: 'utf8',
    });
    const [state, , month, day, time, year, ...command] = line.trim().split(/\s+/);
    if (state.startsWith('Z')) return undefined;
    return { start: String(Date.parse(`${month} ${day} ${year} ${time}`)), command: command.join(' ') };
  } catch {
    return undefined; // No such process.
  }
}

/** Returns a unique name of a running process, as its id alone may be reused; undefined when it does not run. */
export function identityOf(pid: number): string | undefined {
  const found = processOf(pid);
  return found && `${pid}-${found.start}`;
}

/** Tells whether the process with that identity still runs. */
export const lives = (identity: string): boolean => identityOf(parseInt(identity, 10)) === identity;

/** Returns the lines of `postmaster.pid`: process id, data folder, start, port, socket folder, address, memory key, status. */
function pidFile(pgdata: string): string[] {
  try {
    return readFileSync(join(pgdata, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Returns the server that runs on the data folder, if any. The file alone may be the remnant of a killed server. */
export function serverOf(pgdata: string): Server | undefined {
  const [pid, , , port, , , , status] = pidFile(pgdata);
  const command = processOf(Number(pid))?.command;
  if (!command?.includes(pgdata)) return undefined;
  return {
    port: Number(port),
    ready: status?.trim() === 'ready',
    owner: /cluster_name=hookline-(\S+)/.exec(command)?.[1],
  };
}

/**
 * Removes the `postmaster.pid` of a killed server. PostgreSQL checks only the process id, which another program or a zombie
 * may have. It still refuses to start while a process of the old server uses the shared memory.
 */
export function dropRemnant(pgdata: string): void {
  const command = processOf(Number(pidFile(pgdata)[0]))?.command;
  if (!command?.includes('postgres')) rmSync(join(pgdata, 'postmaster.pid'), { force: true });
}

/**
 * Stops the server of the data folder, if one runs, and waits until its process is gone. Tries a fast shutdown first and,
 * after 30 seconds, an immediate one, from which the next start recovers. Throws if even that does not end it.
 */
export async function stopServer(pgdata: string): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    const pid = Number(pidFile(pgdata)[0]);
    const identity = serverOf(pgdata) && identityOf(pid);
    if (!identity) return;
    signalTo(pid, signal);
    if (await until(() => !lives(identity), patienceMs)) return;
  }
  throw new Error(`the embedded PostgreSQL in ${pgdata} does not stop`);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // It has just ended.
  }
}

/** Polls until the condition holds; resolves to false if it still does not after `patienceMs`. */
export async function until(condition: () => boolean, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await sleep(10);
  }
  return true;
}
