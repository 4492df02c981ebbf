/** Returns a pattern for `ILIKE` that matches texts containing this one; % and _ stand for themselves. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
