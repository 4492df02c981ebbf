import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { traceContextOf } from '../domain/trace-context';
import type { Attributes, Span, Tracing } from '../tracing/tracing';

/** Not traced: they come every few seconds, and metrics say the same. */
const PROBES: ReadonlySet<string | undefined> = new Set(['/live', '/ready', '/health', '/metrics']);
/** The methods of HTTP; others get a 404, although Fastify would answer some of them by itself. */
export const METHODS: ReadonlySet<string | undefined> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Traces each request, refused ones included, from its arrival until its answer is sent. The span contains only the route
 * and ids: queries, headers and bodies may hold secrets, and so may unknown paths, such as a handle with an encoded `?`.
 */
export function traceRequests(instance: FastifyInstance, tracing: Tracing): void {
  if (!tracing.enabled) return;
  const spans = new WeakMap<FastifyRequest, Span>();
  instance.addHook('onRequest', (request, reply, done) => {
    if (!PROBES.has(request.routeOptions.url)) {
      const span = begin(request, tracing);
      spans.set(request, span);
      // `close` is emitted for every answer, even if it is streamed or cut off.
      reply.raw.once('close', () => end(span, reply));
    }
    done();
  });
  // Between the two hooks the body is read in the context of the connection, so the span is entered only here.
  instance.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.run(done);
    else done();
  });
}

/** Returns the pattern of the route as OpenAPI writes it, such as `/task/{id}`; undefined if no route matches. */
export const routeOf = ({ routeOptions }: FastifyRequest): string | undefined =>
  routeOptions.url?.replace(/:(\w+)/g, '{$1}');

function begin(request: FastifyRequest, tracing: Tracing): Span {
  const { method, raw, headers } = request;
  const known = METHODS.has(method) ? method : undefined;
  const route = routeOf(request);
  return tracing.start([known ?? 'HTTP', route].filter(Boolean).join(' '), {
    kind: 'server',
    parent: traceContextOf(headers) ?? null,
    attributes: {
      'http.request.method': known ?? '_OTHER',
      'http.route': route,
      'url.scheme': 'http',
      'network.protocol.version': raw.httpVersion,
      ...about(request, route),
    },
  });
}

/** Returns the path with its ids, and the ids of the task and the batch. */
function about({ params }: FastifyRequest, route: string | undefined): Attributes {
  if (route === undefined) return {};
  const ids = Object.entries((params ?? {}) as Record<string, string>).filter(([, value]) => UUID.test(value));
  const path = ids.reduce((text, [name, id]) => text.replace(`{${name}}`, id), route);
  const { id, batch_id } = Object.fromEntries(ids);
  return {
    'url.path': path,
    'hookline.task.id': route.startsWith('/task/') ? id : undefined,
    'hookline.batch.id': batch_id,
  };
}

function end(span: Span, reply: FastifyReply): void {
  const batch = reply.getHeader('x-batch-id');
  if (typeof batch === 'string') span.set({ 'hookline.batch.id': batch });
  if (!reply.raw.headersSent) span.fail('disconnected', 'The client disconnected before the answer');
  else {
    const { statusCode } = reply.raw;
    span.set({ 'http.response.status_code': statusCode });
    if (statusCode >= 500) span.fail(String(statusCode));
  }
  span.end();
}
