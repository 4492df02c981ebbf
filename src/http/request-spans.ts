import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { traceContextOf } from '../domain/trace-context';
import type { Attributes, Span, Tracing } from '../tracing/tracing';

/** They come every few seconds, and tell nothing that metrics do not. */
const PROBES: ReadonlySet<string | undefined> = new Set(['/live', '/ready', '/health', '/metrics']);
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A span for each request, from before anything of it is judged until its answer has been sent, refusals included. It
 * says what was asked for by route and ids alone: queries, headers and bodies hold secrets, and so may paths that lead
 * nowhere, such as a handle whose `?` somebody has encoded.
 */
export function traceRequests(instance: FastifyInstance, tracing: Tracing): void {
  if (!tracing.enabled) return;
  const spans = new WeakMap<FastifyRequest, Span>();
  instance.addHook('onRequest', (request, reply, done) => {
    if (!PROBES.has(request.routeOptions.url)) {
      const span = begin(request, tracing);
      spans.set(request, span);
      // It comes whatever becomes of the answer, one that is streamed or cut off included.
      reply.raw.once('close', () => end(span, reply));
    }
    done();
  });
  // Bodies are read between that hook and this one, on behalf of the connection: what was under way is forgotten then.
  instance.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.run(done);
    else done();
  });
}

function begin(request: FastifyRequest, tracing: Tracing): Span {
  const { method, raw, routeOptions, headers } = request;
  const known = METHODS.has(method) ? method : undefined;
  const route = routeOptions.url?.replace(/:(\w+)/g, '{$1}');
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

/** The path as far as it is made of ids, and what they are the ids of. */
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
  if (!reply.raw.headersSent) span.fail('disconnected', 'The client went away before it was answered');
  else {
    const { statusCode } = reply.raw;
    span.set({ 'http.response.status_code': statusCode });
    if (statusCode >= 500) span.fail(String(statusCode));
  }
  span.end();
}
