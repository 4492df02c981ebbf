/** Framing belongs to the connection, and the key to the call. */
const NAMES: ReadonlySet<string> = new Set([
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
  'idempotency-key',
]);

/** What says whose call this is, and that it is genuine: also what no version of the service sends yet. */
const PREFIX = /^(?:x-task|webhook)-/;

/**
 * Whether an action may not set this header, because only the service can know what belongs there.
 * @param name in lower case.
 */
export const isReservedHeader = (name: string): boolean => NAMES.has(name) || PREFIX.test(name);
