/** Base path of the service: the part of the page's address before `view`. */
const BASE = new URL('.', window.location.href).pathname;

/** Returns the full path of an endpoint. `path` begins with a slash. */
export const under = (path: string): string => BASE + path.slice(1);
