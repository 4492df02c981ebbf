/**
 * A text as a URL, or undefined if it is none. `URL.canParse` would be shorter, but Node 20 answers false for hosts
 * with umlauts once the call has been optimised.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // Not being a URL is the answer.
  }
}
