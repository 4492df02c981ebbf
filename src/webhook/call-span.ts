import { commonTrace, type TraceContext } from '../domain/trace-context';
import { parseUrl } from '../domain/url';
import type { Attributes, Span, SpanOptions, Tracing } from '../tracing/tracing';
import type { Answer } from './answer';
import type { Call } from './call';

/** The span of a request to a receiver. Its parent is the request that created the task or batch. */
export class CallSpan {
  private constructor(private readonly span: Span) {}

  /** Returns undefined if calls are not traced. */
  static of(tracing: Tracing, call: Call): CallSpan | undefined {
    if (!tracing.enabled) return undefined;
    return CallSpan.start(tracing, call, {
      parent: call.trace,
      attributes: {
        'http.request.resend_count': call.tries > 1 ? call.tries - 1 : undefined,
        'hookline.task.id': call.taskId,
        'hookline.task.attempt': call.taskId && call.attempt,
        'hookline.idempotency_key': call.key,
        'hookline.attempt': call.tries,
      },
    });
  }

  /** Returns the span of a request with several calls. Its parent is their trace, or it links to all if there are several. */
  static ofGroup(tracing: Tracing, calls: readonly Call[], id: string): CallSpan | undefined {
    if (!tracing.enabled) return undefined;
    const trace = commonTrace(calls);
    return CallSpan.start(tracing, calls[0], {
      parent: trace ?? null,
      links: trace === undefined ? calls.map((call) => call.trace) : undefined,
      attributes: { 'hookline.idempotency_key': id, 'hookline.group.size': calls.length },
    });
  }

  private static start(tracing: Tracing, call: Call, { attributes, ...rest }: SpanOptions): CallSpan {
    // A row edited by hand may have any params; the call will fail with a reason.
    const { url, verb } = (call.params ?? {}) as Partial<Call['params']>;
    const method = String(verb).toUpperCase();
    const span = tracing.start(`${method} ${call.trigger}`, {
      kind: 'client',
      ...rest,
      attributes: {
        'http.request.method': method,
        ...addressOf(String(url)),
        'hookline.trigger': call.trigger,
        ...attributes,
      },
    });
    return new CallSpan(span);
  }

  /** The trace context to send with the call. */
  get context(): TraceContext | undefined {
    return this.span.context;
  }

  end({ ok, status, error }: Answer): void {
    this.span.set({ 'http.response.status_code': status });
    if (!ok) this.span.fail(String(status ?? '_OTHER'), error);
    this.span.end();
  }
}

/** Returns the address without credentials and query, which may be secret. */
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
