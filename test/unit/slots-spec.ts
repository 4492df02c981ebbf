import { Slots } from '../../src/database/slots';
import { Overloaded } from '../../src/domain/errors';
import { Gate } from '../support/gate';

const slots = ({ running = 1, waiting = 2, waitMs = 60_000 } = {}) =>
  new Slots({ running, waiting, waitMs }, 'Too many');

describe('Slots', () => {
  test('limit the work that runs at once, and run the rest in order of arrival', async () => {
    const own = slots({ running: 2 });
    const gates = [0, 1, 2, 3].map(() => new Gate());
    const begun: number[] = [];
    const all = gates.map((gate, i) =>
      own.run(async () => {
        begun.push(i);
        await gate.opened;
        return i;
      }),
    );
    expect([begun, own.load]).toEqual([[0, 1], { running: 2, waiting: 2 }]);
    gates[1].open();
    await all[1];
    gates[2].open();
    await all[2];
    expect(begun).toEqual([0, 1, 2, 3]);
    gates[0].open();
    gates[3].open();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
    expect(own.load).toEqual({ running: 0, waiting: 0 });
  });

  test('refuse at once when too much work waits', async () => {
    const own = slots({ waiting: 1 });
    const gate = new Gate();
    const first = own.run(() => gate.opened);
    const second = own.run(() => Promise.resolve('second'));
    await expect(own.run(() => Promise.resolve('third'))).rejects.toThrow(new Overloaded('Too many', 1));
    gate.open();
    await first;
    expect(await second).toBe('second');
  });

  test('refuse work that has waited too long, and never start it', async () => {
    const own = slots({ waitMs: 1 });
    const gate = new Gate();
    const first = own.run(() => gate.opened);
    const late = jest.fn();
    await expect(own.run(late)).rejects.toThrow(Overloaded);
    gate.open();
    await first;
    expect(late).not.toHaveBeenCalled();
    expect(own.load).toEqual({ running: 0, waiting: 0 });
  });

  test('are free again after failed work', async () => {
    const own = slots();
    await expect(own.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await own.run(() => Promise.resolve('next'))).toBe('next');
  });
});
