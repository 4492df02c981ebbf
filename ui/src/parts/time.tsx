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

/** The time in ms, once a second; one clock for everything on the page. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** Such as `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationOf(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  let rest = Math.round(seconds);
  const words: string[] = [];
  for (const [unit, size] of UNITS) {
    if (rest >= size) words.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  if (rest > 0 || words.length === 0) words.push(`${rest} s`);
  return words.slice(0, 2).join(' ');
}

/** How long ago, in one unit: precise enough for a list, and it does not flicker. */
function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const unit = UNITS.find(([, size]) => seconds >= size);
  return unit ? `${Math.floor(seconds / unit[1])} ${unit[0]} ago` : `${seconds} s ago`;
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
  if (of === null) return <span className="quiet">not yet</span>;
  return <time dateTime={of}>{new Date(of).toLocaleString()}</time>;
}

/** How long something took, or has taken so far. */
export function Duration({ from, to }: { from: string | null; to: string | null }) {
  const current = useNow();
  if (from === null) return <span className="quiet">–</span>;
  return <>{durationOf((to === null ? current : Date.parse(to)) - Date.parse(from))}</>;
}
