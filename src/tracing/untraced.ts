import { type Span, Tracing } from './tracing';

const NO_SPAN: Span = {
  context: undefined,
  run: (work) => work(),
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

/** `Tracing` that does nothing. */
class Untraced extends Tracing {
  readonly enabled = false;
  readonly here = undefined;

  start(): Span {
    return NO_SPAN;
  }

  within<T>(_context: unknown, work: () => T): T {
    return work();
  }

  transaction<T>(_name: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  flush<T>(_coalescer: string, _origins: unknown, work: () => Promise<T>): Promise<T> {
    return work();
  }

  iteration<T>(_name: string, _found: unknown, work: () => Promise<T>): Promise<T> {
    return work();
  }

  link(): void {}

  async shutdown(): Promise<void> {}
}

export const UNTRACED: Tracing = new Untraced();
