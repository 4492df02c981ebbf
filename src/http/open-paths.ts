/** Probes tell nothing secret to load balancers and orchestrators; the page holds no data, and asks for them with a token. */
const OPEN: ReadonlySet<string> = new Set(['/live', '/ready', '/health', '/', '/view']);

/**
 * Whether what is here is answered without a token too.
 * @param route the path of the route that was found, as it was declared, and not as a request spells it
 */
export const isOpen = (route: string): boolean => OPEN.has(route) || route.startsWith('/view/');
