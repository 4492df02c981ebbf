import type { WebhookParams } from '../domain/action';
import { targetOf } from './target';

/** Shorter values are words that answers may contain. */
const MIN_LENGTH = 8;
/** Bounds the time for actions with headers that receivers refuse. */
const MAX_PARTS = 100;
const MAX_SECRETS = 1000;

/**
 * Returns what a receiver may repeat of an action's secrets: values of headers, credentials and query values of the URL,
 * their parts, and all of them as JSON spells them. The longest comes first, as it may contain others.
 */
export function secretsOf({ url, headers = {} }: Partial<WebhookParams>): string[] {
  const secrets = new Set<string>();
  for (const name in headers) addTo(secrets, headers[name]);
  if (url && /[?@]/.test(url)) for (const value of valuesOf(url)) addTo(secrets, value);
  return [...secrets].sort((a, b) => b.length - a.length).slice(0, MAX_SECRETS);
}

/** Adds a value, its words, and what stands between separators, as in `Bearer {token}` and `session={token}; …`. */
function addTo(secrets: Set<string>, value: string): void {
  if (value.length < MIN_LENGTH) return;
  for (const part of [value, ...value.split(/\s+/, MAX_PARTS), ...value.split(/[\s,;="]+/, MAX_PARTS)]) {
    if (part.length < MIN_LENGTH || secrets.has(part)) continue;
    secrets.add(part);
    if (!/["\\/]/.test(part)) continue;
    const json = JSON.stringify(part).slice(1, -1);
    // Some languages escape slashes in JSON.
    secrets.add(json).add(json.replaceAll('/', '\\/'));
  }
}

/** @param url of a call that was made, so that it is valid */
function valuesOf(url: string): string[] {
  const { username, password, search } = new URL(url);
  const credentials = username || password ? [username, password, targetOf(url).authorization!] : [];
  const parameters = search.slice(1).split('&');
  return [
    ...credentials,
    ...credentials.map(decodeURIComponent),
    ...parameters.map((parameter) => parameter.slice(parameter.indexOf('=') + 1)),
    ...[...new URLSearchParams(search)].map(([name, value]) => value || name),
  ];
}
