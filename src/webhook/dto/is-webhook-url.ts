import { ValidateBy, type ValidationOptions } from 'class-validator';
import { parseUrl } from '../../domain/url';

/** Returns whether a value is a URL for webhooks. */
export function isWebhookUrl(value: unknown): boolean {
  const url = typeof value === 'string' ? parseUrl(value) : undefined;
  return (
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.hostname !== '' &&
    hasReadableCredentials(url)
  );
}

/** Returns whether the credentials of a URL can be decoded, unlike `%zz`. */
function hasReadableCredentials({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false; // The error is the answer.
  }
}

export const IsWebhookUrl = (options: ValidationOptions) =>
  ValidateBy({ name: 'isWebhookUrl', validator: { validate: isWebhookUrl } }, options);
