import { spawn } from 'node:child_process';

// Reads two lines for each change: whom to end, whom to wake. When the pipe closes, it does both.
const SCRIPT = `
while read -r a && read -r b; do roots=$a frozen=$b; done
[ -z "$frozen" ] || kill -CONT $frozen
[ -z "$roots" ] || kill -TERM $roots`;

/**
 * Ends what a killed measurement would leave behind, and wakes it first: a process that is stopped by SIGSTOP hears of
 * nothing. It is a process of its own, because nobody can do anything about being killed oneself.
 */
export class Guard {
  #roots = new Set();
  #frozen = new Set();
  #shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });

  watch(pid) {
    this.#change(() => this.#roots.add(pid));
  }

  forget(pid) {
    this.#change(() => this.#roots.delete(pid));
  }

  freeze(pids) {
    // Told before it is done: the moment between the two must not be one in which nobody knows.
    this.#change(() => pids.forEach((pid) => this.#frozen.add(pid)));
    for (const pid of pids) signal(pid, 'SIGSTOP');
  }

  thaw(pids) {
    for (const pid of pids) signal(pid, 'SIGCONT');
    this.#change(() => pids.forEach((pid) => this.#frozen.delete(pid)));
  }

  close() {
    this.#roots.clear();
    this.#change(() => this.#frozen.clear());
    this.#shell.stdin.end();
  }

  #change(change) {
    change();
    this.#shell.stdin.write(`${[...this.#roots].join(' ')}\n${[...this.#frozen].join(' ')}\n`);
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // A connection's process of PostgreSQL, for instance, that ended meanwhile.
  }
}
