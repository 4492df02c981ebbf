import type { Settings } from '../session-settings';

/** The values that a session has of the settings in `$1`, whose names are in lower case. */
export const settingsOfSession = `SELECT lower(name) AS name, setting FROM pg_settings WHERE lower(name) = ANY ($1)`;

/** Begins a transaction with these settings, whatever those of the session are. */
export function beginWith(settings: Settings): string {
  const all = Object.entries(settings).map(([name, value]) => `; SET LOCAL ${name} = '${value}'`);
  return `BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE, NOT DEFERRABLE${all.join('')}`;
}
