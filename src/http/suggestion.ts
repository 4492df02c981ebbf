import { nearest } from '../config/nearest';

/** Longer names are no slips of the pen, and would take long to compare. */
const MAX_LENGTH = 64;
const MAX_EDITS = 2;
/** `depends_on` means `dependencies`. */
const MIN_COMMON = 5;

/** Returns the name that a mistyped one probably means: the nearest, or else one that begins alike. */
export function suggestion(name: string, names: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const edits = name.length > MAX_EDITS ? MAX_EDITS : 1;
  return nearest(name, names, edits) ?? beginningLike(name, names);
}

const beginningLike = (name: string, names: readonly string[]): string | undefined =>
  name.length < MIN_COMMON ? undefined : names.find((each) => each.startsWith(name.slice(0, MIN_COMMON)));
