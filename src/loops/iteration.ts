/** What an iteration has done. */
export interface Iteration {
  /** Of what it looks for; 0 when there was nothing to do. */
  found: number;
  /** There is likely more to do at once. */
  hasMore: boolean;
}
