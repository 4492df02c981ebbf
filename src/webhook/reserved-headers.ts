/** Framing belongs to the connection, not to the action. */
const OF_THE_CONNECTION = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
];
const RESERVED: ReadonlySet<string> = new Set([...OF_THE_CONNECTION, 'idempotency-key']);

/** What says whose call this is, and that it is genuine, whether this service sends it just now or not. */
const RESERVED_PREFIX = /^(?:x-task|webhook)-/;

/**
 * Whether the headers of an action cannot set this one.
 * @param name in lower case
 */
export const isReserved = (name: string): boolean => RESERVED.has(name) || RESERVED_PREFIX.test(name);
