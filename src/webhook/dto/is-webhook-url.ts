import { ValidateBy, type ValidationOptions } from 'class-validator';
import { parseUrl } from '../../domain/url';

/** Whether a text is a URL that a webhook can be sent to. */
export function isWebhookUrl(value: unknown): boolean {
  const url = typeof value === 'string' ? parseUrl(value) : undefined;
  return (
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.hostname !== '' &&
    hasReadableCredentials(url)
  );
}

/** Whether the credentials of a URL, if it has any, are texts: `%zz` stands for nothing. */
function hasReadableCredentials({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false; // Not being decodable is the answer.
  }
}

export const IsWebhookUrl = (options: ValidationOptions) =>
  ValidateBy({ name: 'isWebhookUrl', validator: { validate: isWebhookUrl } }, options);
