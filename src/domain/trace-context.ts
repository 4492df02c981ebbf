/** Where in a trace something happened, as W3C Trace Context has it in headers. */
export interface TraceContext {
  readonly traceparent: string;
  /** What others in the trace have to say to each other; passed on as it came. */
  readonly tracestate?: string;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/;
const MOST_MEMBERS = 32;
/** Longer ones need not be passed on, says the specification; tasks are to keep none of any length. */
const LONGEST_STATE = 512;

/**
 * What the headers of a request say of its trace. A `traceparent` that is not valid is none, and a `tracestate` that is
 * not valid is left out: nobody's request fails for it.
 */
export function traceContextOf(headers: Record<string, string | string[] | undefined>): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  const [, version, traceId, spanId, flags, more] =
    typeof traceparent === 'string' ? (TRACEPARENT.exec(traceparent) ?? []) : [];
  if (!version || (version === '00' && more)) return undefined;
  // Of a version to come, what this one knows is passed on as this one.
  const parent = { traceparent: `00-${traceId}-${spanId}-${flags}` };
  return isState(tracestate) ? { ...parent, tracestate } : parent;
}

function isState(text: unknown): text is string {
  if (typeof text !== 'string' || text === '' || text.length > LONGEST_STATE) return false;
  const members = text.split(',').map((member) => member.trim());
  return members.length <= MOST_MEMBERS && members.every((member) => member === '' || MEMBER.test(member));
}
