/** `npm run chaos` plays the long form of every scenario, tests the short one. */
export const LONG = process.env.CHAOS === '1';

/** The value for the long form, and for the short one. */
export const scaled = <T>(long: T, short: T): T => (LONG ? long : short);

/** Tasks a second. */
export const RATE = scaled(100, 40);

/** For jest. */
export const TIMEOUT_MS = scaled(900_000, 120_000);
