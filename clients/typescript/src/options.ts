/** The longest time that a timer takes. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Returns the address of a service or receiver without a slash at its end.
 * @throws {TypeError} naming the option.
 */
export function addressOf(option: string, value: string): string {
  if (!URL.canParse(value)) throw new TypeError(`${option}: is not an absolute URL`);
  const { protocol, origin, pathname, username, password, search, hash } = new URL(value);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`${option}: must begin with http:// or https://`);
  if (username || password) throw new TypeError(`${option}: must not contain credentials`);
  if (search || hash) throw new TypeError(`${option}: must not have a query or a fragment`);
  return origin + pathname.replace(/\/+$/, '');
}

/**
 * Checks that an option which is set lies in its range.
 * @throws {TypeError} naming the option and the range.
 */
export function within(option: string, value: number | undefined, [min, max]: readonly [number, number]): void {
  if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return;
  throw new TypeError(`${option}: must be a number from ${min} to ${max}`);
}

/**
 * Checks a value for a header: a token, or an idempotency key.
 * @throws {TypeError} naming the option. The value may be secret and is not repeated.
 */
export function visible(option: string, value: string): void {
  if (value.trim() === '') throw new TypeError(`${option}: is blank`);
  if (!/^[\x21-\x7e]+$/.test(value)) throw new TypeError(`${option}: must consist of visible ASCII characters`);
}
