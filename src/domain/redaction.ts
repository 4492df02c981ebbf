import type { WebhookParams } from './action';

/** Replaces possible secrets. */
const REDACTED = '***';

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
