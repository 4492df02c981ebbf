import type { TraceContext } from '../domain/trace-context';

export type Attributes = Record<string, string | number | undefined>;

export interface SpanOptions {
  /** Absent for what happens within this process. */
  kind?: 'server' | 'client';
  /** Undefined: what is under way; null: nothing, and the span begins a trace. */
  parent?: TraceContext | null;
  attributes?: Attributes;
}

/** Something that takes time, and is told of when it is over. */
export interface Span {
  /** To hand on to others; undefined when nothing is traced. */
  readonly context: TraceContext | undefined;
  /** Runs `work` as a part of this: spans that begin in it are children. */
  run<T>(work: () => T): T;
  /** Adds to what is known of it; undefined values say nothing. */
  set(attributes: Attributes): void;
  /** It went wrong. @param type one of few @param message for people, without secrets */
  fail(type: string, message?: string): void;
  /** It is over. */
  end(): void;
}

/**
 * Distributed tracing, as the rest of the service knows it: what is under way in which trace. It is an injection token
 * as well. Nothing here ever fails, or makes anybody wait.
 */
export abstract class Tracing {
  /** Off, everything below does as good as nothing: ask before you compute what only a span would tell. */
  abstract readonly enabled: boolean;

  /** Begins a span. */
  abstract start(name: string, options?: SpanOptions): Span;

  /** What is under way, for others to refer to. */
  abstract get here(): TraceContext | undefined;

  /** Runs `work` as a part of what was under way elsewhere or earlier; of nothing, if that is not known. */
  abstract within<T>(context: TraceContext | null | undefined, work: () => T): T;

  /** Runs a transaction, or a statement that is one, as a span; within a flush it is the span of that. */
  abstract transaction<T>(name: string, work: () => Promise<T>): Promise<T>;

  /**
   * Runs what is done for several at once. For a single one it is a part of what that one was doing; a crowd has no
   * common parent, so the spans begin a trace and link to what each was doing (to the first 32).
   * @param coalescer names the spans.
   */
  abstract flush<T>(
    coalescer: string,
    origins: readonly (TraceContext | undefined)[],
    work: () => Promise<T>,
  ): Promise<T>;

  /**
   * Runs one iteration of something that looks for work again and again, as a trace of its own. An iteration that found nothing
   * leaves no trace, and neither does what it asked the database for; one that failed does.
   * @param found how much an iteration has done.
   */
  abstract iteration<T>(name: string, found: (result: T) => number, work: () => Promise<T>): Promise<T>;

  /** Says that the span under way is also about these traces (the first 32). */
  abstract link(contexts: readonly (TraceContext | null)[]): void;

  /** Sends what is left to send; resolves within some seconds, whether it could or not. */
  abstract shutdown(): Promise<void>;
}
