import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Context } from '@opentelemetry/api';

/**
 * Holds the spans of an iteration until it is known whether the iteration found work. Loops run every second, and empty
 * iterations would fill any trace store.
 */
export class IterationSpans implements SpanProcessor {
  private readonly held = new Map<string, ReadableSpan[]>();

  constructor(private readonly next: SpanProcessor) {}

  /** Begins to hold the spans of an iteration; the trace contains nothing else. */
  begin(traceId: string): void {
    this.held.set(traceId, []);
  }

  /** Exports the held spans if `keep` is true, or drops them. */
  end(traceId: string, keep: boolean): void {
    const spans = this.held.get(traceId) ?? [];
    this.held.delete(traceId);
    if (keep) for (const span of spans) this.next.onEnd(span);
  }

  onStart(span: Span, parent: Context): void {
    this.next.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    const held = this.held.get(span.spanContext().traceId);
    if (held) held.push(span);
    else this.next.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.next.shutdown();
  }
}
