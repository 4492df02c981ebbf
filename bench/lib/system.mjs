import { sleep } from './clock.mjs';
import { cpuOf, treeOf } from './processes.mjs';

const QUIET_SHARE = 0.1;
const SLICE_MS = 250;
const QUIET_SLICES = 2;

/** What is measured: the service with its database, a job queue with its store, or what stands for the floor. */
export class System {
  /** Ends the parts, last one first. */
  closers = [];
  isFrozen = false;

  /**
   * @param driver the process that is asked to make load
   * @param apps the Node processes whose memory counts, and that must not complain
   * @param stores ids of further processes whose CPU counts; what runs below `apps` counts anyway
   * @param databaseUrl of its PostgreSQL, if it has one
   * @param urls of its replicas, if they have metrics
   */
  constructor({ label, guard, driver, apps, stores = [], databaseUrl, urls = [] }) {
    Object.assign(this, { label, guard, driver, apps, stores, databaseUrl, urls });
  }

  get roots() {
    return [...this.apps.map(({ pid }) => pid), ...this.stores];
  }

  get complaints() {
    return this.apps.flatMap(({ complaints }) => complaints);
  }

  /**
   * Stops it dead while others are measured: even a queue at rest polls, sweeps and vacuums. Not in the middle of
   * something: a call in flight would find its time-out long over, and would be made again.
   */
  async freeze() {
    if (this.isFrozen) return;
    await this.quiet();
    this.guard.freeze(treeOf(this.roots));
    this.isFrozen = true;
  }

  async thaw() {
    if (!this.isFrozen) return;
    this.guard.thaw(treeOf(this.roots));
    this.isFrozen = false;
    await this.quiet();
  }

  /** Comes back when it has caught up with what it does by itself, or after `patienceMs`. */
  async quiet(patienceMs = 10_000) {
    let quietSlices = 0;
    for (let waited = 0; waited < patienceMs && quietSlices < QUIET_SLICES; waited += SLICE_MS) {
      const before = cpuOf(this.roots);
      await sleep(SLICE_MS);
      const after = cpuOf(this.roots);
      const used = after.app + after.store - before.app - before.store;
      quietSlices = used < SLICE_MS * QUIET_SHARE ? quietSlices + 1 : 0;
    }
  }

  async stop() {
    if (this.isFrozen) this.guard.thaw(treeOf(this.roots));
    for (const close of this.closers.reverse()) await close();
  }
}
