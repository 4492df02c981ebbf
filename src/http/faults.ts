/** More than a person reads, and little enough that a hostile request cannot make a huge answer. */
const MAX_FAULTS = 100;

/** The first hundred faults, and a line that says how many more there are. */
export function bounded(faults: Iterable<string>): string[] {
  const kept: string[] = [];
  let more = 0;
  for (const fault of faults) {
    if (kept.length < MAX_FAULTS) kept.push(fault);
    else more++;
  }
  return more > 0 ? [...kept, `and ${more} more`] : kept;
}
