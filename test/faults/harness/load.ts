import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Graph } from './graphs';

const TICK_MS = 50;
// Longer than the longest outage of a scenario.
const PATIENCE_MS = 300_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;

/** Clients that create graphs at a steady rate; each retries until it gets an answer. */
export class Load {
  /** Acknowledged tasks, with the time of their first request. */
  readonly acknowledged = new Map<string, number>();
  /** Answers that no client should ever get. */
  readonly faults: string[] = [];
  private readonly agent = new Agent({ headersTimeout: 20_000, keepAliveTimeout: 1000 });
  private readonly creating = new Set<Promise<unknown>>();
  private running?: Promise<void>;
  private stopping = false;
  private abandoned = false;

  /**
   * @param bases the replicas, as a load balancer knows them.
   * @param next the graph of the next client.
   * @param rate tasks a second.
   */
  constructor(
    private readonly bases: readonly string[],
    private readonly next: () => Graph,
    readonly rate: number,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Stops new clients, and resolves when all others have an answer. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    await Promise.all(this.creating);
  }

  /** Makes all clients give up. */
  async abandon(): Promise<void> {
    this.stopping = this.abandoned = true;
    await this.agent.destroy();
    await this.stop();
  }

  /** Creates a graph as a client of its own, and returns the ids of its tasks. */
  create(graph: Graph): Promise<string[]> {
    const creation = this.insist(graph).finally(() => this.creating.delete(creation));
    this.creating.add(creation);
    return creation;
  }

  private async run(): Promise<void> {
    const begun = performance.now();
    let sent = 0;
    while (!this.stopping) {
      const due = ((performance.now() - begun) / 1000) * this.rate;
      while (sent < due) {
        const graph = this.next();
        sent += graph.tasks.length;
        void this.create(graph);
      }
      await pause(TICK_MS);
    }
  }

  private async insist(graph: Graph): Promise<string[]> {
    const begun = Date.now();
    const body = JSON.stringify(graph);
    const first = Math.floor(Math.random() * this.bases.length);
    for (let attempt = 0; !this.abandoned && Date.now() < begun + PATIENCE_MS; attempt++) {
      const answer = await this.post(this.bases[(first + attempt) % this.bases.length], body);
      if (answer?.status === 201) {
        const ids = (JSON.parse(answer.text) as { id: string }[]).map(({ id }) => id);
        for (const id of ids) this.acknowledged.set(id, begun);
        return ids;
      }
      if (answer && answer.status !== 503) {
        this.faults.push(`POST /task was answered ${answer.status}: ${answer.text}`);
        return [];
      }
      // Growing pauses, as thousands of clients that have waited for minutes would otherwise take all of the CPU.
      await pause(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + Math.random()));
    }
    this.faults.push(`POST /task got no answer in ${PATIENCE_MS / 1000} s`);
    return [];
  }

  private async post(base: string, body: string): Promise<{ status: number; text: string } | undefined> {
    try {
      const answer = await request(`${base}/task`, {
        method: 'POST',
        dispatcher: this.agent,
        headers: { 'content-type': 'application/json' },
        body,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch {
      return undefined; // The replica is unreachable now.
    }
  }
}
