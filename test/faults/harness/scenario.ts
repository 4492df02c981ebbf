import { appendFileSync } from 'node:fs';
import type { Ledger, LedgerCall } from './outside';
import { RATE, scaled } from './scale';
import { type Setting, Stage } from './stage';

/** Full pace must be back within so many seconds of the end of a fault; a machine that also runs other tests is not timed. */
const MAX_RECOVERY_SECS = scaled(15, 60);
const MAX_MEMORY_MIB = 512;

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

type Breaking = (stage: Stage) => Promise<Notes>;
type ScenarioSetting = Omit<Setting, 'rate'> & { rate?: number };

/** Plays a scenario, and fails unless every promise was kept. */
export async function scenario(name: string, setting: ScenarioSetting, breakThings: Breaking): Promise<void> {
  const found = await play(name, setting, breakThings);
  expect({ count: found.length, first: found.slice(0, 5) }).toEqual({ count: 0, first: [] });
}

/**
 * Sets the stage, breaks things under load, waits until all is at rest, and judges: one sentence for everything that
 * ought not to be.
 */
export async function play(name: string, setting: ScenarioSetting, breakThings: Breaking): Promise<string[]> {
  const stage = await Stage.set({ rate: RATE, ...setting });
  try {
    const notes = await breakThings(stage);
    const { ledger, violations, overlaps } = await stage.finish();
    const duplicates = repeatedOf(ledger);
    const { pace, peakMemory, recoverySecs } = stage;
    const tasks = stage.load.acknowledged.size;
    const lost = violations.length;
    tell({ scenario: name, tasks, duplicates, lost, recoverySecs, peakMemory, pace, overlaps, ...notes });
    return [
      ...violations,
      ...atMost(duplicates, notes.mayRepeat, 'calls were repeated'),
      ...atMost(recoverySecs, MAX_RECOVERY_SECS, 's passed before full pace was back'),
      ...atMost(peakMemory, MAX_MEMORY_MIB, 'MiB were used by a replica'),
    ];
  } finally {
    await stage.strike();
  }
}

const atMost = (value: number, limit: number, what: string) =>
  value > limit ? [`${value} ${what}; ${limit} may be`] : [];

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
