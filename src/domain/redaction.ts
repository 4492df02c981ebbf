import type { WebhookParams } from './action';

/** Stands where a secret may have been. */
const REDACTED = '***';

/** A URL as lists show it: without its user name and password, if it has any. */
export function withoutCredentials(url: string): string {
  if (!url.includes('@')) return url;
  const parsed = new URL(url);
  if (!parsed.username && !parsed.password) return url;
  parsed.username = REDACTED;
  parsed.password = '';
  return parsed.href;
}

/** A URL without what may be secret in it: without credentials, values of the query, and the fragment. */
export function withoutSecrets(url: string): string {
  const shown = withoutCredentials(url);
  if (!/[?#]/.test(shown)) return shown;
  const parsed = new URL(shown);
  parsed.search = parsed.search.slice(1).split('&').map(withoutValue).join('&');
  parsed.hash = '';
  return parsed.href;
}

/** Where and how a webhook is called, without what may be secret in URL and headers. */
export function redacted({ headers, ...params }: WebhookParams): WebhookParams {
  const names = Object.keys(headers ?? {});
  return {
    ...params,
    url: withoutSecrets(params.url),
    ...(headers && { headers: Object.fromEntries(names.map((name) => [name, REDACTED])) }),
  };
}

/** What has no name is a value altogether. */
const withoutValue = (parameter: string): string =>
  parameter.includes('=') ? `${parameter.slice(0, parameter.indexOf('='))}=${REDACTED}` : parameter && REDACTED;
