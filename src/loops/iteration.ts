/** The result of one iteration of a loop. */
export interface Iteration {
  /** Number of items found; 0 when there was nothing to do. */
  found: number;
  /** There is probably more to do at once. */
  hasMore: boolean;
  /** Milliseconds until something is due, if that is known. The loop wakes then. */
  dueInMs?: number;
}
