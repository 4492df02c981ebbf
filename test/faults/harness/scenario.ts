import { appendFileSync } from 'node:fs';
import type { Ledger, LedgerCall } from './outside';
import { type Setting, Stage } from './stage';

/** `npm run chaos` plays the long form of every scenario, tests the short one. */
export const LONG = process.env.CHAOS === '1';

/** The value for the long form, and for the short one. */
export const scaled = <T>(long: T, short: T): T => (LONG ? long : short);

/** Tasks a second. */
export const RATE = scaled(100, 40);

/** Full pace must be back within so many seconds of the end of a fault; a machine that also runs other tests is not timed. */
const MAX_RECOVERY_SECS = scaled(15, 60);
const MAX_MEMORY_MIB = 512;

/** For jest. */
export const TIMEOUT_MS = scaled(600_000, 120_000);

/** What is known of a scenario beside what is counted in any case. */
export interface Notes {
  /** What was broken, and how often. */
  broken: string;
  /** Calls that may have been made twice. */
  mayRepeat: number;
  /** Anything else worth telling. */
  more?: string;
}

/** A row of the report. */
export interface Figures extends Notes {
  scenario: string;
  tasks: number;
  duplicates: number;
  lost: number;
  recoverySecs: number;
  peakMemory: number;
  pace: number;
  overlaps: string;
}

/** Plays a scenario: sets the stage, breaks things under load, waits until all is at rest, and judges. */
export async function scenario(
  name: string,
  setting: Omit<Setting, 'rate'> & { rate?: number },
  breakThings: (stage: Stage) => Promise<Notes>,
): Promise<void> {
  const stage = await Stage.set({ rate: RATE, ...setting });
  try {
    const notes = await breakThings(stage);
    const { ledger, violations, overlaps } = await stage.finish();
    const duplicates = repeatedOf(ledger);
    const { pace, peakMemory, recoverySecs } = stage;
    const tasks = stage.load.acknowledged.size;
    tell({
      scenario: name,
      tasks,
      duplicates,
      lost: violations.length,
      recoverySecs,
      peakMemory,
      pace,
      overlaps,
      ...notes,
    });
    expect({ count: violations.length, first: violations.slice(0, 5) }).toEqual({ count: 0, first: [] });
    expect(duplicates).toBeLessThanOrEqual(notes.mayRepeat);
    expect(recoverySecs).toBeLessThan(MAX_RECOVERY_SECS);
    expect(peakMemory).toBeLessThan(MAX_MEMORY_MIB);
  } finally {
    await stage.strike();
  }
}

const isRefused = ({ status, host }: LedgerCall) => host !== 'fine' || (status !== undefined && status >= 300);

/** Calls beyond the first one of their key; those that were refused are sent again on purpose. */
function repeatedOf({ calls }: Ledger): number {
  const sent = calls.filter((call) => !isRefused(call)).map(({ key }) => key);
  return sent.length - new Set(sent).size;
}

function tell(figures: Figures): void {
  const { CHAOS_REPORT } = process.env;
  if (CHAOS_REPORT) appendFileSync(CHAOS_REPORT, `${JSON.stringify(figures)}\n`);
}
