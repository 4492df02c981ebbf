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
/** What follows the last `/` of a path: its query, also in JSON that escapes slashes and ampersands. */
const QUERIES = /(\/[^\s"'<>?#\\/]*\?)((?:[^\s"'<>\\]|\\\/|\\u[\da-f]{4})+)/gi;
/** The beginning of a member `headers` in JSON, also in JSON that is a text in JSON. */
const HEADERS = /"headers\\*"\s*:\s*[{[]/gi;
/** A text in JSON, which may break off, or a bracket. */
const TEXT_OR_BRACKET = /"(?:[^"\\]|\\[^])*"?|[{}[\]]/g;

/** Returns a text without credentials, query values and fragments of URLs. */
export const withoutSecretUrls = (text: string): string =>
  text.replace(URLS, (url) => {
    const plain = url.replaceAll('\\/', '/');
    return parseUrl(plain) ? withoutSecrets(plain) : REDACTED;
  });

/** Returns a text without the values in queries of paths. */
export const withoutQueries = (text: string): string =>
  text.replace(QUERIES, (_, path: string, query: string) => {
    const parameters = query.replaceAll('\\/', '/').split(/&|\\u0026/i);
    return path + parameters.map(withoutValue).join('&');
  });

/** Returns a text without the values of headers that stand in JSON. */
export function withoutHeaders(text: string): string {
  let shown = '';
  let end = 0;
  for (const { index, 0: begin } of text.matchAll(HEADERS)) {
    if (index < end) continue;
    shown += `${text.slice(end, index)}"headers":"${REDACTED}"`;
    end = begin.includes('\\') ? text.length : endOfValue(text, index + begin.length);
  }
  return shown + text.slice(end);
}

/** Returns where an object or array ends that begins before an index, or the end of a text that breaks off. */
function endOfValue(text: string, index: number): number {
  TEXT_OR_BRACKET.lastIndex = index;
  for (let depth = 1, found; (found = TEXT_OR_BRACKET.exec(text));) {
    if ('{['.includes(found[0])) depth++;
    else if ('}]'.includes(found[0]) && --depth === 0) return TEXT_OR_BRACKET.lastIndex;
  }
  return text.length;
}

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
