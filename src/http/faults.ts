/** More than a person reads, and little enough that a hostile request cannot make a huge answer. */
const MAX_FAULTS = 100;

/** More are not looked for: a million faults in one request would take seconds to find. */
const MAX_COUNTED = 1000;
/** A path in it may be made of names that the client chose, each as long as the body may be. */
const MAX_LENGTH = 1000;

/** The first hundred faults, each of bounded length, and a line that says how many more there are. */
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
