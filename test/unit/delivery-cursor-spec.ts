import { DeliveryCursor, FROM_THE_FRONT } from '../../src/webhook/delivery-cursor';

const QUICK_MS = 5;
const SLOW_MS = 2000;
const due = (second: number) => ({ due_at: new Date(second * 1000) });

describe('The delivery cursor', () => {
  let cursor: DeliveryCursor;
  beforeEach(() => (cursor = new DeliveryCursor()));
  const secondOf = () => cursor.since.getTime() / 1000;

  it('begins at the front again after a quick scan', () => {
    cursor.leased(FROM_THE_FRONT, [due(100)], QUICK_MS);
    expect(cursor.since).toBe(FROM_THE_FRONT);
  });

  it('resumes after a slow scan, a second before the first notification that was found last', () => {
    cursor.leased(FROM_THE_FRONT, [due(100), due(101)], SLOW_MS);
    expect(secondOf()).toBe(99);
    cursor.leased(cursor.since, [due(120), due(121)], QUICK_MS);
    expect(secondOf()).toBe(119);
  });

  it('stays where it is when a resumed lease finds nothing', () => {
    cursor.leased(FROM_THE_FRONT, [due(100)], SLOW_MS);
    cursor.leased(cursor.since, [], QUICK_MS);
    expect(secondOf()).toBe(99);
  });

  it('begins at the front as long as nothing was ever found', () => {
    cursor.leased(FROM_THE_FRONT, [], SLOW_MS);
    expect(cursor.since).toBe(FROM_THE_FRONT);
  });
});
