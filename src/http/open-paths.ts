/**
 * Routes that are answered without a token too, for they tell nothing secret: what load balancers and orchestrators ask,
 * and the files of the page, which asks its user for a token.
 */
export const OPEN_PATHS: ReadonlySet<string> = new Set(['/live', '/ready', '/health', '/', '/view', '/view/assets/*']);
