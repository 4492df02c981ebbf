import { Coalescer } from '../../src/database/coalescer';
import { DatabaseUnavailable } from '../../src/domain/errors';

/** Returns a coalescer whose flushes end when the test ends them. */
function gated(maxItems?: number) {
  const flushes: { items: number[]; end: (error?: Error) => void }[] = [];
  const coalescer = new Coalescer<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve(items.map((item) => `done ${item}`)));
        flushes.push({ items, end });
      }),
    maxItems ? { maxItems } : {},
  );
  return { coalescer, flushes };
}

/** Returns a coalescer that rejects flushes with a negative item. */
function picky(refusal: Error) {
  const flushes: number[][] = [];
  const coalescer = new Coalescer<number, number>((items) => {
    flushes.push(items);
    return items.some((item) => item < 0) ? Promise.reject(refusal) : Promise.resolve(items.map((item) => item * 2));
  });
  return { coalescer, flushes };
}

const turn = () => new Promise(setImmediate);

/** Lets pending promises and immediates run. */
async function settle() {
  for (let i = 0; i < 5; i++) await turn();
}

describe('A coalescer', () => {
  test('flushes a lone item without waiting for others', async () => {
    const { coalescer, flushes } = gated();
    const answer = coalescer.add(1);
    await settle();
    expect(flushes.map(({ items }) => items)).toEqual([[1]]);
    flushes[0].end();
    expect(await answer).toBe('done 1');
  });

  test('puts items of the same turn of the event loop into one flush, in order', async () => {
    const { coalescer, flushes } = gated();
    const answers = Promise.all([coalescer.add(3), coalescer.add(1), coalescer.add(2)]);
    await settle();
    expect(flushes.map(({ items }) => items)).toEqual([[3, 1, 2]]);
    flushes[0].end();
    expect(await answers).toEqual(['done 3', 'done 1', 'done 2']);
  });

  test('gathers items that arrive during a flush for the next one, and never runs two flushes at once', async () => {
    const { coalescer, flushes } = gated();
    const first = coalescer.add(1);
    await settle();
    const others = Promise.all([coalescer.add(2), coalescer.add(3)]);
    await settle();
    expect([flushes.length, coalescer.depth]).toEqual([1, 2]);
    flushes[0].end();
    expect(await first).toBe('done 1');
    await settle();
    expect([flushes.map(({ items }) => items), coalescer.depth]).toEqual([[[1], [2, 3]], 0]);
    flushes[1].end();
    expect(await others).toEqual(['done 2', 'done 3']);
  });

  test('answers only after the flush has ended', async () => {
    const { coalescer, flushes } = gated();
    let answered = false;
    const answer = coalescer.add(1).then(() => (answered = true));
    await settle();
    expect(answered).toBe(false);
    flushes[0].end();
    await answer;
  });

  test('puts at most the configured number of items into a flush', async () => {
    const { coalescer, flushes } = gated(2);
    const answers = Promise.all([1, 2, 3, 4, 5].map((item) => coalescer.add(item)));
    for (let i = 0; i < 3; i++) {
      await settle();
      flushes[i].end();
    }
    await answers;
    expect(flushes.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('is idle when no item waits and no flush is running', async () => {
    const { coalescer, flushes } = gated();
    await coalescer.idle();
    const answers = [coalescer.add(1)];
    let idle = false;
    const waiting = coalescer.idle().then(() => (idle = true));
    await settle();
    answers.push(coalescer.add(2));
    flushes[0].end();
    await settle();
    expect(idle).toBe(false);
    flushes[1].end();
    await waiting;
    await Promise.all(answers);
  });

  test('lets one bad item fail alone', async () => {
    const refusal = new Error('No');
    const { coalescer, flushes } = picky(refusal);
    const items = [1, 2, 3, -4, 5, 6, 7];
    const answers = await Promise.allSettled(items.map((item) => coalescer.add(item)));
    expect(answers).toEqual(
      items.map((item) =>
        item < 0 ? { status: 'rejected', reason: refusal } : { status: 'fulfilled', value: item * 2 },
      ),
    );
    // Halving: not one flush for every item.
    expect(flushes.length).toBeLessThan(items.length + 1);
    expect(flushes.flat().filter((item) => item === 7)).toHaveLength(2);
  });

  test('fails each bad item with its own error, and no good one', async () => {
    const coalescer = new Coalescer<number, number>((items) => {
      const bad = items.find((item) => item < 0);
      return bad === undefined ? Promise.resolve(items) : Promise.reject(new Error(`No ${bad}`));
    });
    const answers = await Promise.allSettled([-1, 2, -3, -4, 5].map((item) => coalescer.add(item)));
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason)))).toEqual([
      'Error: No -1',
      2,
      'Error: No -3',
      'Error: No -4',
      5,
    ]);
  });

  test('refuses a whole flush at once when the database is away, and continues with the next', async () => {
    const refusal = new DatabaseUnavailable('Away', 1);
    const { coalescer, flushes } = picky(refusal);
    const answers = await Promise.allSettled([1, -2, 3].map((item) => coalescer.add(item)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(flushes).toHaveLength(1);
    expect(await coalescer.add(4)).toBe(8);
  });

  test('fails the callers of a flush that throws synchronously, and no later ones', async () => {
    let calls = 0;
    const coalescer = new Coalescer<number, number>((items) => {
      if (++calls === 1) throw new Error('Thrown');
      return Promise.resolve(items);
    });
    await expect(coalescer.add(1)).rejects.toThrow('Thrown');
    expect(await coalescer.add(2)).toBe(2);
  });

  test('tells callers that wait for capacity when a flush takes up the waiting items, or that their time is up', async () => {
    const { coalescer, flushes } = gated();
    const first = coalescer.add(1);
    await settle();
    const second = coalescer.add(2);
    expect(await coalescer.capacity(1)).toBe(false);
    const capacity = coalescer.capacity(10_000);
    flushes[0].end();
    expect(await capacity).toBe(true);
    await settle();
    flushes[1].end();
    await Promise.all([first, second]);
  });
});
