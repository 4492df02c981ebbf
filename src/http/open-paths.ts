/** Probes reveal no secrets. The page contains no data; it asks the API for them, with a token. */
const OPEN: ReadonlySet<string> = new Set(['/live', '/ready', '/health', '/', '/view']);

/**
 * Returns whether a route needs no token.
 * @param route its declared path, not the path in the request.
 */
export const isOpen = (route: string): boolean => OPEN.has(route) || route.startsWith('/view/');
