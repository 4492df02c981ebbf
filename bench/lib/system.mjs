import { sleep } from './clock.mjs';
import { cpuOf, treeOf } from './processes.mjs';

const QUIET_SHARE = 0.1;

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

  /** Stops it dead while others are measured: even a queue at rest polls, sweeps and vacuums. */
  freeze() {
    if (!this.isFrozen) this.guard.freeze(treeOf(this.roots));
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
    const slice = 250;
    for (let waited = 0; waited < patienceMs; waited += slice) {
      const before = cpuOf(this.roots);
      await sleep(slice);
      const after = cpuOf(this.roots);
      if (after.app + after.store - before.app - before.store < slice * QUIET_SHARE) return;
    }
  }

  async stop() {
    if (this.isFrozen) this.guard.thaw(treeOf(this.roots));
    for (const close of this.closers.reverse()) await close();
  }
}
