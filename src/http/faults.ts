/** More than a person reads, and few enough to keep the answer to a hostile request small. */
const MAX_FAULTS = 100;

/** Counting stops here: to find a million faults in a request would take seconds. */
const MAX_COUNTED = 1000;
/** The path of a fault has names chosen by the client, which may be as long as the body. */
const MAX_LENGTH = 1000;

/** Returns the first 100 faults, each of limited length, and a line with the number of the others. */
export function bounded(faults: Iterable<string>): string[] {
  const kept: string[] = [];
  let more = 0;
  for (const fault of faults) {
    if (more === MAX_COUNTED) return [...kept, `and more than ${more} more`];
    if (kept.length < MAX_FAULTS) kept.push(fault.length > MAX_LENGTH ? `${fault.slice(0, MAX_LENGTH)}…` : fault);
    else more++;
  }
  return more > 0 ? [...kept, `and ${more} more`] : kept;
}
