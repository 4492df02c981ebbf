import type { Settings } from '../session-settings';

/** The session's values of the settings `$1`, named in lower case. */
export const settingsOfSession = `SELECT lower(name) AS name, setting FROM pg_settings WHERE lower(name) = ANY ($1)`;

/** Returns a `BEGIN` whose transaction has these settings, whatever the session has. */
export function beginWith(settings: Settings): string {
  const all = Object.entries(settings).map(([name, value]) => `; SET LOCAL ${name} = '${value}'`);
  return `BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE, NOT DEFERRABLE${all.join('')}`;
}
