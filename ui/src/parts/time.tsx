import { useSyncExternalStore } from 'react';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((each) => each());
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Returns the time in ms, updated once a second for the whole page. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** Formats a duration in its two largest units: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `1 d`. */
export function durationOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 100) / 10);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  let rest = Math.round(seconds);
  const largest = UNITS.findIndex(([, size]) => rest >= size);
  const words: string[] = [];
  for (const [unit, size] of UNITS.slice(largest, largest + 2)) {
    if (rest >= size) words.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return words.join(' ');
}

/** Formats an age in one unit: precise enough for a list, and it does not flicker. */
function ageOf(ms: number): string {
  const seconds = Math.max(1, Math.floor(ms / 1000));
  const [unit, size] = UNITS.find((each) => seconds >= each[1])!;
  return ms < 1000 ? 'just now' : `${Math.floor(seconds / size)} ${unit} ago`;
}

export function Age({ of }: { of: string }) {
  const time = new Date(of);
  return (
    <time dateTime={of} title={time.toLocaleString()}>
      {ageOf(useNow() - time.getTime())}
    </time>
  );
}

export function Time({ of }: { of: string | null }) {
  if (of === null) return <span className="quiet">Not yet</span>;
  return <time dateTime={of}>{new Date(of).toLocaleString()}</time>;
}

/** Shows how long something took, or has taken so far. */
export function Duration({ from, to }: { from: string | null; to: string | null }) {
  const current = useNow();
  if (from === null) return <span className="quiet">–</span>;
  return <>{durationOf((to === null ? current : Date.parse(to)) - Date.parse(from))}</>;
}
