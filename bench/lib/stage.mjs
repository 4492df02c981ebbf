import { fileURLToPath } from 'node:url';
import { startNode } from './child.mjs';
import { within } from './clock.mjs';
import { Guard } from './guard.mjs';

const RECEIVER = fileURLToPath(new URL('receiver.mjs', import.meta.url));
// No workload of the usual size takes a tenth of it on two cores.
const PATIENCE_MS = 300_000;

/** The receiver and the processes of one workload; numbers its tasks, so that a straggler of an earlier round is known. */
export class Stage {
  #children = new Set();
  #next = 1;
  #wanted = {};
  guard = new Guard();

  static async open() {
    const stage = new Stage();
    stage.receiver = stage.watch(startNode(RECEIVER, { channel: true }));
    const { port } = await stage.receiver.call('listen');
    stage.receiverUrl = `http://127.0.0.1:${port}`;
    return stage;
  }

  /** Takes care that the process ends with the measurement, however that ends. */
  watch(child) {
    this.#children.add(child);
    this.guard.watch(child.pid);
    return child;
  }

  async end(child) {
    await child.stop();
    this.guard.forget(child.pid);
    this.#children.delete(child);
  }

  /** Announces so many tasks to the receiver; answers the number of the first. */
  async expect(tasks, { shape, times = false } = {}) {
    const from = this.#next;
    this.#next += tasks;
    this.#wanted = {};
    await this.receiver.call('expect', { from, tasks, shape, times });
    return from;
  }

  /** Comes back when so many `starts`, `holds` or `ends` have come. */
  async until(what, count) {
    await within(PATIENCE_MS, `${count} ${what}`, this.receiver.call('until', { what, count }));
  }

  /**
   * What has come; an error if anything is missing, came twice, or was refused. Asked again without an argument, after a
   * while, it finds what came too often.
   */
  async seen(wanted = this.#wanted) {
    this.#wanted = wanted;
    const report = await this.receiver.call('report');
    const { starts, holds, ends, doubles, strays, refused, fault } = report;
    const came = { starts, holds, ends, doubles, strays, refused };
    const due = { starts: 0, holds: 0, ends: 0, doubles: 0, strays: 0, refused: 0, ...wanted };
    const wrong = Object.keys(due).filter((name) => due[name] !== came[name]);
    if (wrong.length > 0) {
      const faults = wrong.map((name) => `${came[name]} ${name} instead of ${due[name]}`);
      throw new Error([...faults, fault].filter(Boolean).join(', '));
    }
    return report;
  }

  async close() {
    for (const child of [...this.#children].reverse()) await this.end(child);
    this.guard.close();
  }
}
