import type { DatabaseHost } from '../config/database-url';

/** The hosts of `DATABASE_URL`, one of which is the primary. New connections go to the current one. */
export class Candidates {
  private index = 0;

  constructor(private readonly hosts: readonly DatabaseHost[]) {}

  get count(): number {
    return this.hosts.length;
  }

  get current(): DatabaseHost {
    return this.hosts[this.index];
  }

  /** Moves on to the next host, unless another connection that failed has already done so. */
  ruleOut(host: DatabaseHost): void {
    if (host === this.current) this.index = (this.index + 1) % this.hosts.length;
  }
}
