import { useSyncExternalStore } from 'react';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  // After a time without listeners, the clock stands still.
  if (listeners.size === 0) now = Date.now();
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
export const useNow = (): number => useClock((time) => time);

/** Returns what `read` makes of the time in ms; a component is drawn again only if this changes. */
export const useClock = <T extends string | number | undefined>(read: (now: number) => T): T =>
  useSyncExternalStore(subscribe, () => read(now));

const UNITS: readonly [string, number][] = [
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** Formats a duration in its two largest units: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `1 day`. */
export function durationOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 100) / 10);
  return seconds < 10 ? `${seconds.toFixed(1)} s` : secondsOf(seconds);
}

/** Formats the duration of a call, which may be very short: `37 ms`, `1.2 s`. */
export const callTimeOf = (ms: number): string => (ms < 1000 ? `${ms} ms` : durationOf(ms));

const unitOf = (count: number, unit: string): string => `${count} ${unit === 'day' && count > 1 ? 'days' : unit}`;

/** Formats whole seconds in their two largest units: `5 s`, `2 h 10 min`, `1 day`. */
export function secondsOf(seconds: number): string {
  let rest = Math.round(seconds);
  if (rest < 1) return '0 s';
  const largest = UNITS.findIndex(([, size]) => rest >= size);
  const words: string[] = [];
  for (const [unit, size] of UNITS.slice(largest, largest + 2)) {
    if (rest >= size) words.push(unitOf(Math.floor(rest / size), unit));
    rest %= size;
  }
  return words.join(' ');
}

/** Formats an age in one unit: precise enough for a list, and it does not flicker. */
function ageOf(ms: number): string {
  const seconds = Math.max(1, Math.floor(ms / 1000));
  const [unit, size] = UNITS.find((each) => seconds >= each[1])!;
  return ms < 1000 ? 'just now' : `${unitOf(Math.floor(seconds / size), unit)} ago`;
}

/** Formats the time until something happens: `in 45 s`, `in 4 min`, `in 2 h 10 min`. Undefined: its time has come. */
export function untilOf(ms: number): string | undefined {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 0) return undefined;
  // In the last minute, seconds count.
  return `in ${secondsOf(seconds < 60 ? seconds : seconds - (seconds % 60))}`;
}

/** Kept, because to make one takes longer than to use it a hundred times. */
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** Formats a time in the user's time zone, and names the zone. */
export const exactly = (time: string): string => EXACT.format(new Date(time));

/** Replaces the times in a text of the service, which are in UTC, by local times. */
export const inLocalTime = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, exactly);

export function Age({ of }: { of: string }) {
  const time = Date.parse(of);
  return (
    <time dateTime={of} title={exactly(of)}>
      {useClock((now) => ageOf(now - time))}
    </time>
  );
}

/** Shows how long it is until a time. */
export function Until({ of }: { of: string }) {
  const time = Date.parse(of);
  return (
    <time dateTime={of} title={exactly(of)}>
      {useClock((now) => untilOf(time - now)) ?? 'now'}
    </time>
  );
}

export function Time({ of }: { of: string | null }) {
  if (of === null) return <span className="quiet">Not yet</span>;
  return <time dateTime={of}>{exactly(of)}</time>;
}

/** Shows how long something took, or has taken so far. */
export function Duration({ from, to }: { from: string | null; to: string | null }) {
  // What has ended is not drawn again.
  const current = useClock((time) => (from !== null && to === null ? time : 0));
  if (from === null) return <span className="quiet">–</span>;
  return <>{durationOf((to === null ? current : Date.parse(to)) - Date.parse(from))}</>;
}
