/** `npm run chaos` plays the long form of every scenario, tests the short one. */
export const LONG = process.env.CHAOS === '1';

/** Returns the value of the form that is played. */
export const scaled = <T>(long: T, short: T): T => (LONG ? long : short);

/** Tasks a second. */
export const RATE = scaled(100, 40);

/** For one test. */
export const TIMEOUT_MS = scaled(900_000, 120_000);
