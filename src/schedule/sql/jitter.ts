/** Returns when a due time is to be fired: later by a random share of the jitter, which is drawn once. */
export const withJitter = (dueAt: string, jitterSecs: string): string =>
  `${dueAt} + make_interval(secs => random() * ${jitterSecs})`;
