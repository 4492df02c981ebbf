import { type Capacity, type ClaimOutcome, ClaimSchedule } from '../../src/task/claiming/claim-schedule';

const nothing: ClaimOutcome = { found: 0, hasMore: false, undecided: false, retryMs: Infinity };
const FREE: Capacity = { limit: 10, fullHosts: [] };
const NONE: Capacity = { limit: 0, fullHosts: [] };
const FULL_HOST: Capacity = { limit: 10, fullHosts: [1] };
const MS = 50;

describe('The claim schedule', () => {
  let woken: jest.Mock;
  let schedule: ClaimSchedule;
  beforeEach(() => {
    jest.useFakeTimers();
    schedule = new ClaimSchedule();
    schedule.onDue((woken = jest.fn()));
  });
  afterEach(() => jest.useRealTimers());

  const claim = (outcome: Partial<ClaimOutcome>, capacity = FREE, free = 10) => {
    expect(schedule.begin(capacity)).toBe(true);
    schedule.ended({ ...nothing, ...outcome }, { ...capacity, ms: MS }, free);
  };

  it('is idle, and leaves slots to tasks that become ready, after a claim that left nothing', () => {
    claim({ found: 3 });
    expect(schedule).toMatchObject({ isContended: false, isClaiming: false });
  });

  it('claims again at once while there is more and a slot is free', () => {
    claim({ found: 10, hasMore: true });
    expect(schedule).toMatchObject({ isContended: true, isClaiming: true });
  });

  it('waits for a slot when there is more and none is free', () => {
    claim({ found: 10, hasMore: true }, FREE, 0);
    expect(schedule).toMatchObject({ isContended: true, isClaiming: false });
    expect(schedule.begin(NONE)).toBe(false);
    expect(schedule.isContended).toBe(true);
  });

  it('keeps slots for tasks that rules still decide about', () => {
    claim({ undecided: true });
    expect(schedule).toMatchObject({ isContended: true, isClaiming: false });
  });

  it('rests after a scan that skipped a full host and found too little, until the host is no longer full', () => {
    claim({ found: 1 }, FULL_HOST);
    expect(schedule.begin(FULL_HOST)).toBe(false);
    expect(schedule.begin(FREE)).toBe(true);
  });

  it('wakes the loop when the rest after a scan that skipped a full host is over', () => {
    claim({ found: 1 }, FULL_HOST);
    schedule.begin(FULL_HOST);
    jest.advanceTimersByTime(9 * MS + 1);
    expect(woken).toHaveBeenCalledTimes(1);
    expect(schedule.begin(FULL_HOST)).toBe(true);
  });

  it('wakes the loop once when several claims ask for a retry', () => {
    claim({ retryMs: 20 });
    claim({ retryMs: 30 });
    jest.advanceTimersByTime(1000);
    expect(woken).toHaveBeenCalledTimes(1);
  });
});
