import { Coalescer } from '../../src/database/coalescer';
import { DatabaseUnavailable } from '../../src/domain/errors';

/** A lane whose flushes end when the test says so. */
function gatedLane(maxItems?: number) {
  const flushes: { items: number[]; end: (error?: Error) => void }[] = [];
  const lane = new Coalescer<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve(items.map((item) => `done ${item}`)));
        flushes.push({ items, end });
      }),
    maxItems ? { maxItems } : {},
  );
  return { lane, flushes };
}

/** A lane that refuses flushes with a negative item in them. */
function pickyLane(refusal: Error) {
  const flushes: number[][] = [];
  const lane = new Coalescer<number, number>((items) => {
    flushes.push(items);
    return items.some((item) => item < 0) ? Promise.reject(refusal) : Promise.resolve(items.map((item) => item * 2));
  });
  return { lane, flushes };
}

const turn = () => new Promise(setImmediate);

/** Lets everything happen that needs no one else. */
async function settle() {
  for (let i = 0; i < 5; i++) await turn();
}

describe('A coalescer', () => {
  test('flushes a lone item without waiting for others', async () => {
    const { lane, flushes } = gatedLane();
    const answer = lane.add(1);
    await settle();
    expect(flushes.map(({ items }) => items)).toEqual([[1]]);
    flushes[0].end();
    expect(await answer).toBe('done 1');
  });

  test('puts what comes in the same turn into one flush, in order', async () => {
    const { lane, flushes } = gatedLane();
    const answers = Promise.all([lane.add(3), lane.add(1), lane.add(2)]);
    await settle();
    expect(flushes.map(({ items }) => items)).toEqual([[3, 1, 2]]);
    flushes[0].end();
    expect(await answers).toEqual(['done 3', 'done 1', 'done 2']);
  });

  test('gathers what comes during a flush for the next one, and never runs two at once', async () => {
    const { lane, flushes } = gatedLane();
    const first = lane.add(1);
    await settle();
    const others = Promise.all([lane.add(2), lane.add(3)]);
    await settle();
    expect([flushes.length, lane.depth]).toEqual([1, 2]);
    flushes[0].end();
    expect(await first).toBe('done 1');
    await settle();
    expect([flushes.map(({ items }) => items), lane.depth]).toEqual([[[1], [2, 3]], 0]);
    flushes[1].end();
    expect(await others).toEqual(['done 2', 'done 3']);
  });

  test('answers only after the flush has ended', async () => {
    const { lane, flushes } = gatedLane();
    let answered = false;
    const answer = lane.add(1).then(() => (answered = true));
    await settle();
    expect(answered).toBe(false);
    flushes[0].end();
    await answer;
  });

  test('takes at most so many items into a flush', async () => {
    const { lane, flushes } = gatedLane(2);
    const answers = Promise.all([1, 2, 3, 4, 5].map((item) => lane.add(item)));
    for (let i = 0; i < 3; i++) {
      await settle();
      flushes[i].end();
    }
    await answers;
    expect(flushes.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('is idle when nothing waits and nothing is under way', async () => {
    const { lane, flushes } = gatedLane();
    await lane.idle();
    const answers = [lane.add(1)];
    let idle = false;
    const waiting = lane.idle().then(() => (idle = true));
    await settle();
    answers.push(lane.add(2));
    flushes[0].end();
    await settle();
    expect(idle).toBe(false);
    flushes[1].end();
    await waiting;
    await Promise.all(answers);
  });

  test('lets one bad item fail alone', async () => {
    const refusal = new Error('No');
    const { lane, flushes } = pickyLane(refusal);
    const items = [1, 2, 3, -4, 5, 6, 7];
    const answers = await Promise.allSettled(items.map((item) => lane.add(item)));
    expect(answers).toEqual(
      items.map((item) =>
        item < 0 ? { status: 'rejected', reason: refusal } : { status: 'fulfilled', value: item * 2 },
      ),
    );
    // Halving: not one flush for every item.
    expect(flushes.length).toBeLessThan(items.length + 1);
    expect(flushes.flat().filter((item) => item === 7)).toHaveLength(2);
  });

  test('lets every bad item fail with its own error, and no good one with them', async () => {
    const lane = new Coalescer<number, number>((items) => {
      const bad = items.find((item) => item < 0);
      return bad === undefined ? Promise.resolve(items) : Promise.reject(new Error(`No ${bad}`));
    });
    const answers = await Promise.allSettled([-1, 2, -3, -4, 5].map((item) => lane.add(item)));
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason)))).toEqual([
      'Error: No -1',
      2,
      'Error: No -3',
      'Error: No -4',
      5,
    ]);
  });

  test('refuses all of a flush at once when the database is away, and goes on with the next', async () => {
    const refusal = new DatabaseUnavailable('Away', 1);
    const { lane, flushes } = pickyLane(refusal);
    const answers = await Promise.allSettled([1, -2, 3].map((item) => lane.add(item)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(flushes).toHaveLength(1);
    expect(await lane.add(4)).toBe(8);
  });

  test('fails the callers of a flush that throws at once, and no later ones', async () => {
    let calls = 0;
    const lane = new Coalescer<number, number>((items) => {
      if (++calls === 1) throw new Error('Thrown');
      return Promise.resolve(items);
    });
    await expect(lane.add(1)).rejects.toThrow('Thrown');
    expect(await lane.add(2)).toBe(2);
  });

  test('tells who waits for room when a flush takes up what waits, and who waits in vain when time is up', async () => {
    const { lane, flushes } = gatedLane();
    const first = lane.add(1);
    await settle();
    const second = lane.add(2);
    expect(await lane.room(1)).toBe(false);
    const room = lane.room(10_000);
    flushes[0].end();
    expect(await room).toBe(true);
    await settle();
    flushes[1].end();
    await Promise.all([first, second]);
  });
});
