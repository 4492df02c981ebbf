import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Beside `src/`; the compiled service is one folder deeper than its sources, from which tests run it. */
const PLACES = [join(__dirname, '../../ui/dist'), join(__dirname, '../../../ui/dist')];

/** Where the built page is, or undefined if it was not built. */
export const pageFolder = (): string | undefined => PLACES.find((place) => existsSync(join(place, 'index.html')));

/**
 * The page loads nothing from elsewhere and runs no code but its own. It says so to the browser, which then enforces it,
 * whatever a task may be called. `frame-ancestors` keeps others from laying it under a click.
 */
export const PAGE_HEADERS = {
  'content-security-policy': [
    `default-src 'none'`,
    `script-src 'self'`,
    `worker-src 'self'`,
    `style-src 'self'`,
    `connect-src 'self'`,
    `img-src 'self' data:`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;
