import { resolve } from 'node:path';
import { measuredRound, TOLERATED_SHARE } from './measure.mjs';
import { beginProfile, endProfile } from './profile.mjs';
import { Stage } from './stage.mjs';

/**
 * Runs one workload with all who take part in it, in turn: A B C A B C, each one alone while the others are stopped, so
 * that what the machine does meanwhile hits all alike. Answers a record for each.
 */
export async function runWorkload(workload, entrants, options, onInterrupt) {
  const stage = await Stage.open();
  const systems = [];
  const stop = async () => {
    for (const system of systems.splice(0)) await system.stop();
    await stage.close();
  };
  onInterrupt(stop);
  try {
    const lanes = [];
    for (const shape of workload.shapes.filter((shape) => options.shapes.includes(shape)))
      for (const entrant of entrants)
        if (entrant.shapes.includes(shape) && entrant.takesPart(workload.id, shape))
          lanes.push(...(await enter(workload, { entrant, shape, stage, systems, options })));
    for (let i = 0; i < options.rounds; i++) for (const lane of lanes) await run(stage, lane, options);
    for (const lane of lanes) await conclude(lane, options);
    return lanes.map(recordOf);
  } finally {
    onInterrupt(undefined);
    await stop();
  }
}

async function enter(workload, { entrant, shape, stage, systems, options }) {
  const common = { workload: workload.id, shape, label: entrant.label };
  const mine = []; // Each is stopped once the next one is started: it must be warm by then.
  const context = {
    stage,
    shape,
    sized: (count) => Math.max(1, Math.round((count * options.tasks) / 10_000)),
    async start(more = {}) {
      await freezeAll(mine);
      const system = await entrant.start(stage, { shape, profile: profileFor(common, mine.length, options), ...more });
      mine.push(system);
      systems.push(system);
      return system;
    },
  };
  try {
    const lanes = await workload.lanes(context);
    return lanes.map((lane) => ({ ...common, ...lane, base: lanes[0].note, rounds: [] }));
  } catch (error) {
    return [failed({ ...common, rounds: [] }, error)];
  } finally {
    await freezeAll(mine);
  }
}

async function freezeAll(systems) {
  for (const system of systems) await system.freeze();
}

async function run(stage, lane, { profile }) {
  if (lane.failure) return;
  try {
    await lane.system.thaw();
    if (profile) beginProfile(lane.system);
    const round = await measuredRound(stage, lane);
    lane.rounds.push(round);
    progress(lane, round);
  } catch (error) {
    failed(lane, error);
  } finally {
    await lane.system.freeze();
  }
}

async function conclude(lane, { profile }) {
  if (lane.failure) return;
  try {
    await lane.system.thaw();
    if (profile) await endProfile(lane.system);
    lane.remarks = await lane.remark?.();
  } catch (error) {
    failed(lane, error);
  } finally {
    await lane.system.freeze();
  }
}

function profileFor({ workload, shape, label }, index, { profile }) {
  if (!profile) return undefined;
  const words = [workload, shape, label, ...(index > 0 ? [index + 1] : [])];
  return resolve(`${words.join('-').replaceAll(/[^\w.-]+/g, '-')}.cpuprofile`);
}

function failed(lane, error) {
  [lane.failure] = error.message.split('\n');
  console.error(`${nameOf(lane)}: ${error.stack}`);
  return lane;
}

const nameOf = ({ workload, shape, label, note }) => [workload, shape, label, note].filter(Boolean).join(', ');

function progress(lane, { figures, otherShare }) {
  const words = Object.entries(figures).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
  const shown = words.length > 4 ? [`${words.length} figures`] : words;
  const disturbed = otherShare > TOLERATED_SHARE ? ` (others used ${Math.round(100 * otherShare)} %)` : '';
  console.error(`${nameOf(lane)}: ${shown.join(', ')}${disturbed}`);
}

function recordOf({ workload, shape, label, note, base, rounds, remarks, failure }) {
  return { workload, shape, label, note, base, rounds, remarks, failure };
}
