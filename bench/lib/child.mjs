// Processes that the measurement starts, and calls into them over fork's channel.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

// What Node itself says on stderr: warnings of its own, not of the program.
const CHATTER = /^\(node:\d+\)|^\(Use `node /;
const KEPT_COMPLAINTS = 20;
const PATIENCE_MS = 20_000;

export class Child {
  /** What it printed. Everything we start is told to print nothing but errors. */
  complaints = [];
  #calls = new Map();
  #last = 0;

  constructor(command, args, { cwd, env = process.env, channel = false, silent = false } = {}) {
    const stdio = ['ignore', 'pipe', 'pipe', ...(channel ? ['ipc'] : [])];
    this.process = spawn(command, args, { cwd, env, stdio });
    this.pid = this.process.pid;
    this.exit = once(this.process, 'exit').then(([code, signal]) => this.#ended(signal ?? code));
    for (const output of [this.process.stdout, this.process.stderr]) {
      if (silent) output.resume();
      else createInterface({ input: output }).on('line', (line) => this.#heard(line));
    }
    if (channel) this.process.on('message', (message) => this.#answered(message));
  }

  get hasEnded() {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Asks the process to do something; `serve` is the other side. */
  call(operation, argument = {}) {
    return new Promise((resolve, reject) => {
      if (this.hasEnded) throw new Error(`the process for ${operation} has ended`);
      this.#calls.set(++this.#last, { resolve, reject });
      this.process.send({ id: this.#last, operation, argument });
    });
  }

  async stop() {
    if (!this.hasEnded) this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE_MS);
    await this.exit;
    clearTimeout(timer);
  }

  #heard(line) {
    if (line && !CHATTER.test(line) && this.complaints.length < KEPT_COMPLAINTS) this.complaints.push(line);
  }

  #answered({ id, result, error }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call.reject(new Error(error));
    else call.resolve(result);
  }

  #ended(how) {
    for (const { reject } of this.#calls.values()) reject(new Error(`the process ended: ${how}`));
    this.#calls.clear();
  }
}

/** Starts a program of Node's; `channel` lets it be called. */
export function startNode(file, { node = process.execPath, nodeArgs = [], ...options } = {}) {
  return new Child(node, [...nodeArgs, file], options);
}
