import { ValidateBy, type ValidationOptions } from 'class-validator';

/** Whether a text is a URL that a webhook can be sent to. */
export function isWebhookUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
}

export const IsWebhookUrl = (options: ValidationOptions) =>
  ValidateBy({ name: 'isWebhookUrl', validator: { validate: isWebhookUrl } }, options);
