import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import {
  type Attributes as OtelAttributes,
  type Context,
  createContextKey,
  createTraceState,
  diag,
  DiagLogLevel,
  type Link,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type TraceContext, traceContextOf } from '../domain/trace-context';
import { QuietExporter } from './quiet-exporter';
import { IterationSpans } from './iteration-spans';
import { type Attributes, type Span, type SpanOptions, Tracing } from './tracing';

const SERVICE = 'hookline';
const MAX_LINKS = 32;
/** Time to export the last spans at shutdown, even if the collector does not answer. */
const SHUTDOWN_MS = 3000;
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

/** Attributes for the spans of a flush's transactions. */
interface Flush {
  coalescer: string;
  items: number;
  links: Link[];
}
const FLUSH = createContextKey('hookline flush');

/**
 * Tracing with the OpenTelemetry SDK. The current span is kept in its own `AsyncLocalStorage`, and only the SDK's logger
 * is global, so that several services can run in one process, as in tests.
 */
export class OpenTelemetry extends Tracing {
  readonly enabled = true;
  private readonly current = new AsyncLocalStorage<Context>();
  private readonly tracer: Tracer;

  private constructor(
    private readonly provider: BasicTracerProvider,
    private readonly iterations: IterationSpans,
  ) {
    super();
    this.tracer = provider.getTracer(SERVICE);
  }

  /** Creates the exporter. The SDK reads its settings from the environment. */
  static exporting(json: boolean): OpenTelemetry {
    const logger = new Logger('Tracing');
    const say = (message: string) => logger.warn(message);
    const nothing = () => undefined;
    diag.setLogger(
      { error: say, warn: say, info: nothing, debug: nothing, verbose: nothing },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const exporter = json ? new JsonExporter() : new ProtobufExporter();
    const iterations = new IterationSpans(new BatchSpanProcessor(new QuietExporter(exporter)));
    const resource = defaultResource()
      .merge(resourceFromAttributes({ 'service.name': SERVICE }))
      .merge(detectResources({ detectors: [envDetector] }));
    return new OpenTelemetry(new BasicTracerProvider({ resource, spanProcessors: [iterations] }), iterations);
  }

  start(name: string, { kind, parent, links, attributes }: SpanOptions = {}): Span {
    const context = parent === undefined ? this.context : contextOf(parent);
    return this.begin(name, kind, context, attributes, links && linksTo(links));
  }

  get here(): TraceContext | undefined {
    const span = trace.getSpanContext(this.context);
    return span && written(span);
  }

  within<T>(context: TraceContext | null | undefined, work: () => T): T {
    return this.current.run(contextOf(context), work);
  }

  transaction<T>(name: string, work: () => Promise<T>): Promise<T> {
    const flush = this.context.getValue(FLUSH) as Flush | undefined;
    const attributes = {
      'db.system.name': 'postgresql',
      'db.query.summary': name,
      'hookline.flush.items': flush?.items,
    };
    const title = flush ? `flush ${flush.coalescer}` : name;
    return during(this.begin(title, 'client', this.context, attributes, flush?.links), work);
  }

  flush<T>(coalescer: string, origins: readonly (TraceContext | undefined)[], work: () => Promise<T>): Promise<T> {
    const isAlone = origins.length === 1;
    const flush: Flush = { coalescer, items: origins.length, links: isAlone ? [] : linksTo(origins) };
    const parent = contextOf(isAlone ? origins[0] : null);
    return this.current.run(parent.setValue(FLUSH, flush), work);
  }

  async iteration<T>(name: string, found: (result: T) => number, work: () => Promise<T>): Promise<T> {
    const span = this.tracer.startSpan(`loop ${name}`, {}, ROOT_CONTEXT);
    const { traceId } = span.spanContext();
    const iteration = this.spanOf(span, ROOT_CONTEXT);
    this.iterations.begin(traceId);
    let keep = true;
    try {
      const result = await iteration.run(work);
      const count = found(result);
      keep = count > 0;
      iteration.set({ 'hookline.loop.items': count });
      return result;
    } catch (error) {
      iteration.fail(typeOf(error));
      throw error;
    } finally {
      if (keep) iteration.end();
      this.iterations.end(traceId, keep);
    }
  }

  link(contexts: readonly (TraceContext | null)[]): void {
    trace.getSpan(this.context)?.addLinks(linksTo(contexts));
  }

  async shutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, SHUTDOWN_MS)));
    // Spans that could not be exported are lost; QuietExporter has logged it.
    await Promise.race([this.provider.shutdown().catch(() => undefined), patience]);
    clearTimeout(timer);
  }

  private get context(): Context {
    return this.current.getStore() ?? ROOT_CONTEXT;
  }

  private begin(
    name: string,
    kind: SpanOptions['kind'],
    parent: Context,
    attributes?: Attributes,
    links?: Link[],
  ): Span {
    const options = { kind: kind && KINDS[kind], attributes: known(attributes), links };
    return this.spanOf(this.tracer.startSpan(name, options, parent), parent);
  }

  private spanOf(span: OtelSpan, parent: Context): Span {
    const context = trace.setSpan(parent, span);
    return {
      get context() {
        return written(span.spanContext());
      },
      run: (work) => this.current.run(context, work),
      set: (attributes) => void span.setAttributes(known(attributes)),
      fail: (type, message) =>
        void span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR, message }),
      end: () => span.end(),
    };
  }
}

/** Runs `work` in the span, and ends it. Only the type of an error is recorded: messages may quote data. */
async function during<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await span.run(work);
  } catch (error) {
    span.fail(typeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

function typeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  return typeof code === 'string' ? code : (name ?? '_OTHER');
}

function linksTo(contexts: readonly (TraceContext | null | undefined)[]): Link[] {
  const distinct = new Map(contexts.flatMap((each) => (each ? [[each.traceparent, each] as const] : [])));
  return [...distinct.values()].slice(0, MAX_LINKS).flatMap((each) => read(each).map((context) => ({ context })));
}

/** Drops undefined attributes, which the SDK would send without a value. */
const known = (attributes: Attributes = {}): OtelAttributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

function contextOf(parent: TraceContext | null | undefined): Context {
  const [span] = parent ? read(parent) : [];
  return span ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT;
}

/** Validates the context again: a malformed one in the database must not stop a loop. */
function read(context: TraceContext): SpanContext[] {
  const { traceparent, tracestate } = traceContextOf({ ...context }) ?? {};
  if (!traceparent) return [];
  const [, traceId, spanId, flags] = traceparent.split('-');
  const traceState = tracestate === undefined ? undefined : createTraceState(tracestate);
  return [{ traceId, spanId, traceFlags: parseInt(flags, 16), traceState, isRemote: true }];
}

function written({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const tracestate = traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}
