/** A position in a trace, as in the headers of W3C Trace Context. */
export interface TraceContext {
  readonly traceparent: string;
  /** Vendor data of the trace; passed on unchanged. */
  readonly tracestate?: string;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/;
const MAX_MEMBERS = 32;
/** The specification allows dropping longer ones; tasks must not store text of any length. */
const MAX_STATE_LENGTH = 512;

/** Reads the trace context of a request. An invalid `traceparent` or `tracestate` is ignored; it fails no request. */
export function traceContextOf(headers: Record<string, string | string[] | undefined>): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  const [, version, traceId, spanId, flags, more] =
    typeof traceparent === 'string' ? (TRACEPARENT.exec(traceparent) ?? []) : [];
  if (!version || (version === '00' && more)) return undefined;
  // The known part of a later version is passed on as version 00.
  const parent = { traceparent: `00-${traceId}-${spanId}-${flags}` };
  return isState(tracestate) ? { ...parent, tracestate } : parent;
}

/** Returns the trace context that all of these have; undefined if they have several. */
export function commonTrace(items: readonly { trace: TraceContext | null }[]): TraceContext | null | undefined {
  const [{ trace }] = items;
  if (items.length === 1) return trace;
  const isCommon = items.every(
    (each) => each.trace?.traceparent === trace?.traceparent && each.trace?.tracestate === trace?.tracestate,
  );
  return isCommon ? trace : undefined;
}

function isState(text: unknown): text is string {
  if (typeof text !== 'string' || text === '' || text.length > MAX_STATE_LENGTH) return false;
  const members = text.split(',').map((member) => member.trim());
  return members.length <= MAX_MEMBERS && members.every((member) => member === '' || MEMBER.test(member));
}
