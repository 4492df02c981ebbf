import type { TraceContext } from '../domain/trace-context';

export type Attributes = Record<string, string | number | undefined>;

export interface SpanOptions {
  /** Absent for work within this process. */
  kind?: 'server' | 'client';
  /** Undefined: the current span; null: none, so that the span begins a trace. */
  parent?: TraceContext | null;
  /** Other traces that it belongs to (the first 32). */
  links?: readonly (TraceContext | null)[];
  attributes?: Attributes;
}

/** A timed operation; it is exported when it ends. */
export interface Span {
  /** The context to pass on; undefined if tracing is off. */
  readonly context: TraceContext | undefined;
  /** Runs `work` with this as the current span: spans that begin in it are its children. */
  run<T>(work: () => T): T;
  /** Adds attributes; undefined values are ignored. */
  set(attributes: Attributes): void;
  /** Marks it as failed. @param type has few distinct values. @param message for people, without secrets. */
  fail(type: string, message?: string): void;
  /** Ends it. */
  end(): void;
}

/** Distributed tracing. Its methods never fail or delay the work they trace. An injection token as well. */
export abstract class Tracing {
  /** False if tracing is off; check it before computing expensive attributes. */
  abstract readonly enabled: boolean;

  /** Begins a span. */
  abstract start(name: string, options?: SpanOptions): Span;

  /** The context of the current span. */
  abstract get here(): TraceContext | undefined;

  /** Runs `work` as part of another trace, or of none if the context is unknown. */
  abstract within<T>(context: TraceContext | null | undefined, work: () => T): T;

  /** Runs a transaction or a single statement as a span; within a flush, it is the span of the flush. */
  abstract transaction<T>(name: string, work: () => Promise<T>): Promise<T>;

  /**
   * Runs a flush. With one item, it is part of that item's trace. With several, its spans begin a trace of their own and
   * link to the traces of the items (the first 32).
   * @param coalescer names the spans.
   */
  abstract flush<T>(
    coalescer: string,
    origins: readonly (TraceContext | undefined)[],
    work: () => Promise<T>,
  ): Promise<T>;

  /**
   * Runs an iteration of a loop as a trace of its own. An iteration that found no work leaves no trace, unless it failed.
   * @param found returns the number of items that the iteration found.
   */
  abstract iteration<T>(name: string, found: (result: T) => number, work: () => Promise<T>): Promise<T>;

  /** Links the current span to these traces (the first 32). */
  abstract link(contexts: readonly (TraceContext | null)[]): void;

  /** Exports the last spans; resolves within a few seconds in any case. */
  abstract shutdown(): Promise<void>;
}
