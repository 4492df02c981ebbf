import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Seen from `src/view` in tests, and from `dist/src/view` in the built service. */
const FOLDERS = [join(__dirname, '../../ui/dist'), join(__dirname, '../../../ui/dist')];

/** Returns the folder of the built page, or undefined if it was not built. */
export const pageFolder = (): string | undefined => FOLDERS.find((folder) => existsSync(join(folder, 'index.html')));

/**
 * Let the browser enforce that the page loads and runs only its own files, whatever a task is called. `frame-ancestors`
 * prevents clickjacking.
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
