/** Probes reveal no secrets. The page contains no data; it asks the API for them, with a token or a session. */
const OPEN: ReadonlySet<string> = new Set(['/live', '/ready', '/health', '/', '/view']);

export const SESSION_PATH = '/session';
/** To sign in and out. */
const OPEN_FOR_SESSIONS: ReadonlySet<string> = new Set(['POST', 'DELETE']);

/**
 * Returns whether an endpoint needs no token.
 * @param route its declared path, not the path in the request.
 */
export const isOpen = (route: string, method: string): boolean =>
  OPEN.has(route) || route.startsWith('/view/') || (route === SESSION_PATH && OPEN_FOR_SESSIONS.has(method));
