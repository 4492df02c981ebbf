/** Heartbeats come every 15 seconds: silence for this long means that the connection, or the service, hangs. */
export const SILENCE_MS = 35_000;

/** How the page learns of changes. `stale`: it does not, since `heardAt`. */
export type Freshness = 'connecting' | 'live' | 'polling' | 'stale';

let heardAt: number | undefined;
let isFailing = false;
let streams = 0;

/** What the page knows about its connection with the service. */
export const connection = {
  /** An answer came, or a part of an event stream. */
  heard(): void {
    heardAt = Date.now();
    isFailing = false;
  },
  /** A request got no answer, or the service could not serve it. */
  failed(): void {
    isFailing = true;
  },
  /** An event stream was opened (1) or lost (-1). */
  streamed(change: 1 | -1): void {
    streams += change;
  },
  /** Time in ms of the last sign of life; undefined: there was none yet. */
  heardAt: (): number | undefined => heardAt,
  /** @param now time in ms. */
  freshness(now: number): Freshness {
    if (isFailing || (heardAt !== undefined && now - heardAt > SILENCE_MS)) return 'stale';
    if (heardAt === undefined) return 'connecting';
    return streams > 0 ? 'live' : 'polling';
  },
};
