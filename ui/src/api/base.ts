/** Where the service is: what the address of the page has before `view`. */
const BASE = new URL('.', window.location.href).pathname;

/** Returns the path of something that the service has at `path`, which begins with a slash. */
export const under = (path: string): string => BASE + path.slice(1);
