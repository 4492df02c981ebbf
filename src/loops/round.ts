/** What a round has done. */
export interface Round {
  /** Of what it looks for; 0 when there was nothing to do. */
  found: number;
  /** There is likely more to do at once. */
  more: boolean;
}
