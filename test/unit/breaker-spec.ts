import { loadConfig } from '../../src/config/load';
import { Breaker } from '../../src/database/breaker';
import { DatabaseUnavailable } from '../../src/domain/errors';

const coded = (code: string) => Object.assign(new Error(`Code ${code}`), { code });
const AWAY = coded('ECONNREFUSED');

describe('The breaker', () => {
  const config = {
    ...loadConfig({}).breaker,
    failureThreshold: 3,
    failureWindowSecs: 10,
    recoveryTimeoutSecs: 30,
    successThreshold: 2,
  };
  let breaker: Breaker;
  let probe: jest.Mock<Promise<void>, []>;

  // The clock is fake, as the breaker waits for up to half a minute.
  beforeEach(() => {
    jest.useFakeTimers();
    probe = jest.fn(() => Promise.resolve());
    breaker = new Breaker(config, probe);
  });
  afterEach(() => {
    breaker.onApplicationShutdown();
    jest.useRealTimers();
  });

  const fail = (error: unknown = AWAY) => expect(breaker.run(() => Promise.reject(error as Error))).rejects.toBe(error);
  const failTimes = async (count: number, error?: unknown) => {
    for (let i = 0; i < count; i++) await fail(error);
  };
  const pass = (secs: number) => jest.advanceTimersByTimeAsync(secs * 1000);

  test('passes on results and errors unchanged while it is closed', async () => {
    expect(await breaker.run(() => Promise.resolve(5))).toBe(5);
    await fail();
    expect(breaker.state).toBe('closed');
  });

  test.each([
    ['a refused connection', AWAY],
    ['a reset connection', coded('ECONNRESET')],
    ['a server that shuts down', coded('57P01')],
    ['a server that starts up', coded('57P03')],
    ['too many connections', coded('53300')],
    ['a connection exception', coded('08006')],
    ['an unknown host', coded('ENOTFOUND')],
    ['a connection that ended', new Error('Connection terminated unexpectedly')],
    ['a connection timeout', new Error('timeout exceeded when trying to connect')],
    ['every address refusing', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])],
  ])('opens after the configured number of connection faults: %s', async (_, error) => {
    await failTimes(2, error);
    expect(breaker.state).toBe('closed');
    await fail(error);
    expect(breaker.state).toBe('open');
  });

  test.each([
    ['a duplicate key', coded('23505')],
    ['a check', coded('23514')],
    ['a deadlock', coded('40P01')],
    ['a syntax error', coded('42601')],
    ['a canceled statement', coded('57014')],
    ['an exhausted pool', new DatabaseUnavailable('All database connections are in use', 1)],
    ['a bug in the service', new TypeError('x is not a function')],
    ['a thrown string', 'nonsense'],
  ])('does not open for other errors: %s', async (_, error) => {
    await failTimes(20, error);
    expect(breaker.state).toBe('closed');
  });

  test('opens for a burst of faults, however many calls succeeded before', async () => {
    for (let i = 0; i < 1000; i++) await breaker.run(() => Promise.resolve());
    await failTimes(3);
    expect(breaker.state).toBe('open');
  });

  test('opens even if calls between the faults succeed', async () => {
    for (let i = 0; i < 3; i++) {
      await breaker.run(() => Promise.resolve());
      await fail();
    }
    expect(breaker.state).toBe('open');
  });

  test('forgets faults that are older than the window', async () => {
    await failTimes(2);
    await pass(11);
    await failTimes(2);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('refuses calls at once while it is open, and says when to retry', async () => {
    const asked = Date.now();
    probe.mockRejectedValue(AWAY);
    await failTimes(3);
    await pass(600);
    const work = jest.fn(() => Promise.resolve());
    const refusal = await breaker.run(work).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DatabaseUnavailable);
    expect(Date.now() - asked).toBeGreaterThanOrEqual(600_000);
    expect((refusal as DatabaseUnavailable).retryAfterSecs).toBeGreaterThanOrEqual(1);
    expect((refusal as DatabaseUnavailable).retryAfterSecs).toBeLessThanOrEqual(9);
    expect(work).not.toHaveBeenCalled();
  });

  test('probes a moment after opening, and closes after the configured number of successful probes', async () => {
    await failTimes(3);
    await pass(0.1);
    expect([breaker.state, probe.mock.calls.length]).toEqual(['open', 0]);
    await pass(0.4);
    expect([breaker.state, probe.mock.calls.length]).toEqual(['closed', 2]);
    expect(await breaker.run(() => Promise.resolve(5))).toBe(5);
  });

  test.each([
    [1, 0.5],
    [30, 0.5],
    [180, 2.6],
    [3600, 30],
    [86_400, 30],
  ])('closes after an outage of %i s within %d s', async (outage, most) => {
    probe.mockRejectedValue(AWAY);
    await failTimes(3);
    await pass(outage);
    expect(breaker.state).toBe('open');
    probe.mockResolvedValue();
    await pass(most);
    expect(breaker.state).toBe('closed');
  });

  test('probes less and less often, but at least once in each recovery timeout', async () => {
    breaker.onApplicationShutdown();
    breaker = new Breaker({ ...config, recoveryTimeoutSecs: 2 }, probe);
    probe.mockRejectedValue(AWAY);
    await failTimes(3);
    await pass(60);
    const inTheFirstMinute = probe.mock.calls.length;
    await pass(3540);
    probe.mockClear();
    await pass(60);
    expect(probe.mock.calls.length).toBeLessThan(inTheFirstMinute / 3);
    expect(probe.mock.calls.length).toBeGreaterThanOrEqual(29);
  });

  test('does not probe at the same moments as other replicas', async () => {
    const others = Array.from({ length: 5 }, () => new Breaker(config, () => moment()));
    const moments: number[] = [];
    const moment = () => {
      moments.push(Date.now());
      return Promise.resolve();
    };
    for (const other of others)
      for (let i = 0; i < 3; i++) await expect(other.run(() => Promise.reject(AWAY))).rejects.toBe(AWAY);
    await pass(1);
    expect(new Set(moments).size).toBeGreaterThan(1);
  });

  test('refuses callers while it probes', async () => {
    let answer!: () => void;
    probe.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    await failTimes(3);
    await pass(1);
    expect(breaker.state).toBe('half-open');
    const refusal = await breaker.run(() => Promise.resolve()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DatabaseUnavailable);
    expect((refusal as DatabaseUnavailable).retryAfterSecs).toBeGreaterThanOrEqual(1);
    answer();
    await pass(0);
    expect(breaker.state).toBe('closed');
  });

  test.each([1, 2])('opens again when probe %i fails, and probes again after another pause', async (bad) => {
    if (bad === 2) probe.mockResolvedValueOnce();
    probe.mockRejectedValueOnce(AWAY);
    // Pauses of 225 ms, without jitter.
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    breaker.onApplicationShutdown();
    breaker = new Breaker(config, probe);
    await failTimes(3);
    await pass(0.3);
    expect([breaker.state, probe.mock.calls.length]).toEqual(['open', bad]);
    await pass(0.3);
    random.mockRestore();
    expect([breaker.state, probe.mock.calls.length]).toEqual(['closed', bad + 2]);
  });

  test('counts from zero after it has closed', async () => {
    await failTimes(3);
    await pass(1);
    await failTimes(2);
    expect(breaker.state).toBe('closed');
  });

  test('lets calls finish that were in flight when it opened', async () => {
    let answer!: (value: number) => void;
    const slow = breaker.run(() => new Promise<number>((resolve) => (answer = resolve)));
    await failTimes(3);
    answer(7);
    expect(await slow).toBe(7);
    expect(breaker.state).toBe('open');
  });

  test('is not closed by an earlier call that succeeds while it probes', async () => {
    let answer!: () => void;
    const slow = breaker.run(() => new Promise<void>((resolve) => (answer = resolve)));
    let probed!: () => void;
    probe.mockImplementationOnce(() => new Promise((resolve) => (probed = resolve)));
    await failTimes(3);
    await pass(1);
    answer();
    await slow;
    expect(breaker.state).toBe('half-open');
    probed();
    await pass(0);
    expect([breaker.state, probe.mock.calls.length]).toEqual(['closed', 2]);
  });

  test('is not closed by a probe that fails with another error than a connection fault', async () => {
    probe.mockRejectedValue(coded('28P01'));
    await failTimes(3);
    await pass(5);
    expect(breaker.state).toBe('open');
  });

  test('does nothing when it is disabled', async () => {
    breaker = new Breaker({ ...config, enabled: false }, probe);
    await failTimes(20);
    expect(breaker.state).toBe('closed');
    expect(await breaker.run(() => Promise.resolve(5))).toBe(5);
  });
});
