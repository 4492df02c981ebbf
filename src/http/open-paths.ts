/** What is answered without a token too: load balancers and orchestrators ask it, and it tells nothing secret. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(['/live', '/ready', '/health']);
