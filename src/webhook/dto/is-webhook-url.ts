import { ValidateBy, type ValidationOptions } from 'class-validator';
import { parseUrl } from '../../domain/url';

/** Whether a text is a URL that a webhook can be sent to. */
export function isWebhookUrl(value: unknown): boolean {
  const url = typeof value === 'string' ? parseUrl(value) : undefined;
  return url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
}

export const IsWebhookUrl = (options: ValidationOptions) =>
  ValidateBy({ name: 'isWebhookUrl', validator: { validate: isWebhookUrl } }, options);
