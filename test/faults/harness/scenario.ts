import { appendFileSync } from 'node:fs';
import type { Ledger, LedgerCall } from './outside';
import { RATE, scaled } from './scale';
import { type Setting, Stage } from './stage';

/** Full pace must be back this many seconds after a fault; generous where other tests run beside it. */
const MAX_RECOVERY_SECS = scaled(15, 60);
const MAX_MEMORY_MIB = 512;

/** Facts about a scenario that are not measured anyway. */
export interface Notes {
  /** What was broken, and how often. */
  broken: string;
  /** Calls that may have been repeated. */
  mayRepeat: number;
  /** Further results. */
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
 * Sets the stage, breaks things under load, waits until nothing changes any more, and returns one sentence for each
 * violation.
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
    record({ scenario: name, tasks, duplicates, lost, recoverySecs, peakMemory, pace, overlaps, ...notes });
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
  value > limit ? [`${value} ${what}; ${limit} are allowed`] : [];

const isRefused = ({ status, host }: LedgerCall) => host !== 'fine' || (status !== undefined && status >= 300);

/** Counts repeated calls, except those that were sent again after a refusal. */
function repeatedOf({ calls }: Ledger): number {
  const sent = calls.filter((call) => !isRefused(call)).map(({ key }) => key);
  return sent.length - new Set(sent).size;
}

function record(figures: Figures): void {
  const { CHAOS_REPORT } = process.env;
  if (CHAOS_REPORT) appendFileSync(CHAOS_REPORT, `${JSON.stringify(figures)}\n`);
}
