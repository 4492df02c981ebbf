import type { TraceContext } from '../domain/trace-context';
import { parseUrl } from '../domain/url';
import type { Attributes, Span, Tracing } from '../tracing/tracing';
import type { Answer, Call } from './call';

/** The span of one call, whose parent is the request that created the task or batch. */
export class CallSpan {
  private constructor(private readonly span: Span) {}

  /** Undefined where calls are not traced. */
  static of(tracing: Tracing, call: Call): CallSpan | undefined {
    if (!tracing.enabled) return undefined;
    // The task may have been changed by hand: then `params` is anything, and the call will say so.
    const { url, verb } = (call.params ?? {}) as Partial<Call['params']>;
    const method = String(verb).toUpperCase();
    return new CallSpan(
      tracing.start(`${method} ${call.trigger}`, {
        kind: 'client',
        parent: call.trace,
        attributes: {
          'http.request.method': method,
          ...addressOf(String(url)),
          'http.request.resend_count': call.attempt > 1 ? call.attempt - 1 : undefined,
          'hookline.trigger': call.trigger,
          'hookline.task.id': call.taskId,
          'hookline.idempotency_key': call.key,
          'hookline.attempt': call.attempt,
        },
      }),
    );
  }

  /** To be sent with the call. */
  get context(): TraceContext | undefined {
    return this.span.context;
  }

  /** The answer is there, or it is known that there will be none. */
  end({ ok, status, error }: Answer): void {
    this.span.set({ 'http.response.status_code': status });
    if (!ok) this.span.fail(String(status ?? '_OTHER'), error);
    this.span.end();
  }
}

/** Where it goes, without what may be secret: neither credentials nor query. */
function addressOf(url: string): Attributes {
  const parsed = parseUrl(url);
  if (!parsed) return {};
  const { protocol, hostname, port, origin, pathname } = parsed;
  return {
    'url.full': origin + pathname,
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  };
}
