import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Context } from '@opentelemetry/api';

/**
 * Keeps back the spans of iterations that are under way until it is known whether they found anything to do: loops look every
 * second, and would fill any store with traces of nothing.
 */
export class IterationSpans implements SpanProcessor {
  private readonly held = new Map<string, ReadableSpan[]>();

  constructor(private readonly next: SpanProcessor) {}

  /** An iteration begins, which is all there is in a trace. */
  begin(traceId: string): void {
    this.held.set(traceId, []);
  }

  /** The iteration is over. @param keep whether it is worth telling of */
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
