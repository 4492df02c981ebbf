import { useReceiver } from '../support/fixture';
import { statesOf, untilRunning } from '../support/graph';
import { recount } from '../support/recount';
import { useReplicas } from '../support/replicas';
import { task } from '../support/service';

interface Node {
  id: string;
  dependencies: { id: string; requires_success: boolean }[];
  dead_end_barrier: boolean;
}
type End = 'Success' | 'Failure' | 'Canceled';

/** Returns numbers from 0 to below 1, always those of the seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomGraph(size: number, roll: () => number): Node[] {
  return Array.from({ length: size }, (_, i) => ({
    id: `n${i}`,
    dead_end_barrier: roll() < 0.1,
    dependencies: Array.from({ length: i }, (_, j) => j)
      .filter((j) => roll() < 2.5 / Math.max(size / 3, i - j + 3))
      .map((j) => ({ id: `n${j}`, requires_success: roll() < 0.6 })),
  }));
}

/** Section 5 of the contract, applied to one end at a time. */
class Model {
  readonly ends = new Map<string, End>();

  constructor(private readonly nodes: readonly Node[]) {}

  get states(): Record<string, End | 'Running' | 'Waiting'> {
    return Object.fromEntries(this.nodes.map((node) => [node.id, this.ends.get(node.id) ?? this.unended(node)]));
  }

  get running(): string[] {
    return this.nodes.filter(({ id }) => this.states[id] === 'Running').map(({ id }) => id);
  }

  end(id: string, end: End): void {
    this.ends.set(id, end);
    const climbing = [id];
    // Parents come first, so a single pass down reaches the whole cascade.
    for (const node of this.nodes) {
      const fails = node.dependencies.some((on) => on.requires_success && this.didNotSucceed(on.id));
      if (!fails || this.ends.has(node.id)) continue;
      this.ends.set(node.id, 'Failure');
      climbing.push(node.id);
    }
    // A single pass up reaches every dead end.
    for (const node of [...this.nodes].reverse()) {
      const children = this.childrenOf(node.id);
      const reached = children.some((child) => climbing.includes(child.id));
      if (this.ends.has(node.id) || !reached || !children.every((child) => this.ends.has(child.id))) continue;
      this.ends.set(node.id, 'Canceled');
      if (!node.dead_end_barrier) climbing.push(node.id);
    }
  }

  private childrenOf(parent: string): Node[] {
    return this.nodes.filter(({ dependencies }) => dependencies.some(({ id }) => id === parent));
  }

  private didNotSucceed(id: string): boolean {
    return this.ends.has(id) && this.ends.get(id) !== 'Success';
  }

  private unended({ dependencies }: Node): 'Running' | 'Waiting' {
    return dependencies.every(({ id }) => this.ends.has(id)) ? 'Running' : 'Waiting';
  }
}

describe('Random graphs', () => {
  const replicas = useReplicas();
  const receiver = useReceiver();
  const START = receiver.url('/start');
  afterEach(async () => {
    await recount(replicas[0]);
    const starts = receiver.received('/start').map(({ headers }) => headers['idempotency-key']);
    expect(new Set(starts).size).toBe(starts.length);
  });

  const create = (nodes: Node[]) => replicas[0].create(nodes.map(({ id, ...rest }) => task(id, START, rest)));

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'end as a model of the contract predicts, one report at a time (seed %i)',
    async (seed) => {
      const roll = dice(seed);
      const nodes = randomGraph(25, roll);
      const model = new Model(nodes);
      const ids = await create(nodes);
      while (model.running.length > 0) {
        await untilRunning(replicas[0], ...model.running.map((id) => ids[id]));
        expect(await statesOf(replicas[1], ids.batch)).toEqual(model.states);
        const id = model.running[Math.floor(roll() * model.running.length)];
        const dice = roll();
        const end = dice < 0.55 ? 'Success' : dice < 0.85 ? 'Failure' : 'Canceled';
        const replica = replicas[Math.floor(roll() * 2)];
        const asks = {
          Success: () => replica.succeed(ids[id]),
          Failure: () => replica.fail(ids[id]),
          Canceled: () => replica.call('DELETE', `/task/${ids[id]}`),
        };
        expect((await asks[end]()).status).toBe(200);
        model.end(id, end);
      }
      expect(await statesOf(replicas[1], ids.batch)).toEqual(model.states);
      expect(model.ends.size).toBe(nodes.length);
    },
  );

  test.each([11, 12, 13, 14])(
    'end consistently when all running tasks are reported at once (seed %i)',
    async (seed) => {
      const roll = dice(seed);
      const ids = await create(randomGraph(150, roll));
      const unended = async (status: string) =>
        replicas[0].query<{ id: string }>(`SELECT id FROM task WHERE status::text ~ $1`, [status]);
      while ((await unended('Waiting|Pending|Claimed|Running')).length > 0) {
        const waiting = await unended('Pending|Claimed');
        await untilRunning(replicas[0], ...waiting.map(({ id }) => id));
        const running = await unended('Running');
        const answers = await Promise.all(
          running.map(({ id }, i) => (roll() < 0.7 ? replicas[i % 2].succeed(id) : replicas[i % 2].fail(id))),
        );
        // 404: an earlier report made it a dead end.
        for (const { status } of answers) expect([200, 404]).toContain(status);
        expect(answers.some(({ status }) => status === 200)).toBe(true);
        await recount(replicas[0]);
      }
      expect(Object.values(await statesOf(replicas[0], ids.batch))).not.toContain('Waiting');
    },
  );
});
