/** Headers that frame messages or control the connection. */
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
const RESERVED: ReadonlySet<string> = new Set([...OF_THE_CONNECTION, 'idempotency-key', 'x-batch-id']);

/** Prefixes of headers that identify and sign the call, whether Hookline sends them now or not. */
const RESERVED_PREFIX = /^(?:x-task|x-hookline|webhook)-/;

/**
 * Returns whether an action may not set a header. `_` and other signs count as `-`, because receivers behind CGI and
 * WSGI see both as one header.
 * @param name in lower case
 */
export function isReserved(name: string): boolean {
  const spelt = name.replace(/[^a-z0-9]/g, '-');
  return RESERVED.has(spelt) || RESERVED_PREFIX.test(spelt);
}
