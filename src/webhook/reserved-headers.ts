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
 * Whether the headers of an action cannot set this one. `_` and other signs count as `-`, because receivers behind CGI and
 * WSGI see both as the same header.
 * @param name in lower case
 */
export function isReserved(name: string): boolean {
  const spelt = name.replace(/[^a-z0-9]/g, '-');
  return RESERVED.has(spelt) || RESERVED_PREFIX.test(spelt);
}
