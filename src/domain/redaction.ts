import type { WebhookParams } from './action';
import { parseUrl } from './url';

/** Replaces possible secrets. */
export const REDACTED = '***';

/** Returns a URL without user name and password, as lists show it. */
export function withoutCredentials(url: string): string {
  if (!url.includes('@')) return url;
  const parsed = new URL(url);
  if (!parsed.username && !parsed.password) return url;
  parsed.username = REDACTED;
  parsed.password = '';
  return parsed.href;
}

/** Returns a URL without credentials, query values and fragment. */
export function withoutSecrets(url: string): string {
  const shown = withoutCredentials(url);
  if (!/[?#]/.test(shown)) return shown;
  const parsed = new URL(shown);
  parsed.search = parsed.search.slice(1).split('&').map(withoutValue).join('&');
  parsed.hash = '';
  return parsed.href;
}

/** Returns the parameters of a webhook without possible secrets in URL and headers. */
export function redacted({ headers, ...params }: WebhookParams): WebhookParams {
  const names = Object.keys(headers ?? {});
  return {
    ...params,
    url: withoutSecrets(params.url),
    ...(headers && { headers: Object.fromEntries(names.map((name) => [name, REDACTED])) }),
  };
}

/** URLs in a text, also in JSON that escapes slashes. */
const URLS = /https?:(?:\\?\/){2}(?:[^\s"'<>\\]|\\\/)+/gi;
/** The member `headers` of JSON, also where the text breaks off. */
const HEADERS = /"headers"\s*:\s*\{(?:[^{}"]|"(?:[^"\\]|\\[^])*"?)*\}?/gi;

/** Returns a text without credentials, query values and fragments of URLs. */
export const withoutSecretUrls = (text: string): string =>
  text.replace(URLS, (url) => {
    const plain = url.replaceAll('\\/', '/');
    return parseUrl(plain) ? withoutSecrets(plain) : REDACTED;
  });

/** Returns a text without the values of headers that stand in JSON. */
export const withoutHeaders = (text: string): string => text.replace(HEADERS, `"headers":"${REDACTED}"`);

/** A parameter without a name may be a secret as a whole. */
const withoutValue = (parameter: string): string =>
  parameter.includes('=') ? `${parameter.slice(0, parameter.indexOf('='))}=${REDACTED}` : parameter && REDACTED;

/** Returns the paths of the parameters of a webhook that contain a redacted value. */
export function redactedPaths({ url, headers }: WebhookParams): string[] {
  const { username, search } = new URL(url);
  const isUrlRedacted = [username, ...search.slice(1).split('&').map(valueOf)].includes(REDACTED);
  const names = Object.keys(headers ?? {}).filter((name) => headers![name] === REDACTED);
  return [...(isUrlRedacted ? ['url'] : []), ...names.map((name) => `headers.${name}`)];
}

const valueOf = (parameter: string): string => parameter.slice(parameter.indexOf('=') + 1);
