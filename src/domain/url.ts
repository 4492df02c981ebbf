/**
 * Parses a URL; returns undefined if it is invalid. `URL.canParse` would be shorter, but in Node 20 it returns false for
 * hosts with umlauts once V8 has optimised the call.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // An invalid URL is an expected outcome.
  }
}
