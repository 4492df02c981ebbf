/** A pattern for `ILIKE` that finds texts containing this one; % and _ in it stand for themselves. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
