import type { FastifyReply } from 'fastify';

/** Allows only files of this service; the explorer also needs an inline `<style>` and `data:` images. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Makes browsers trust the declared content type, and restricts a page to its needs. */
export function secure(reply: FastifyReply): void {
  void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
  const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
  if (isPage && !reply.hasHeader('content-security-policy')) void reply.header('content-security-policy', PAGE_POLICY);
}
