import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `npm run bench -- [options]

  --only W1,W3        these workloads; W12 runs only when it is named here
  --shape SHAPE       callback or at-once; both unless given
  --rounds N          measured rounds of each workload (3)
  --tasks N           size: tasks of W1 (10000); everything else grows and shrinks with it
  --against DIR       also measures the service built in that checkout, in turn with this one
  --peers             also measures BullMQ, pg-boss and graphile-worker, and HTTP alone, on W1 to W4
  --peers-dir DIR     where their packages go (${join(tmpdir(), 'hookline-peers')})
  --floor             also measures HTTP alone, without a store, on W1 to W4
  --profile           writes a .cpuprofile of the service for each workload into the current folder
  --json FILE         writes everything measured, round by round
  --minutes N         how long W12 takes (60)`;

const DEFINITIONS = {
  only: { type: 'string' },
  shape: { type: 'string' },
  rounds: { type: 'string', default: '3' },
  tasks: { type: 'string', default: '10000' },
  against: { type: 'string' },
  peers: { type: 'boolean', default: false },
  'peers-dir': { type: 'string', default: join(tmpdir(), 'hookline-peers') },
  floor: { type: 'boolean', default: false },
  profile: { type: 'boolean', default: false },
  json: { type: 'string' },
  minutes: { type: 'string', default: '60' },
  help: { type: 'boolean', default: false },
};
const SHAPES = { callback: 'callback', 'at-once': 'at once' };
const ON_REQUEST = ['W12'];
const PEERS_RUN = ['W1', 'W2', 'W3', 'W4'];

/** The options of the command line; throws with one line that says what is wrong. */
export function readOptions(args, known) {
  const { values } = parseArgs({ args, options: DEFINITIONS });
  const shapes = values.shape ? [SHAPES[values.shape]] : Object.values(SHAPES);
  if (!shapes[0]) throw new Error(`--shape must be one of ${Object.keys(SHAPES).join(', ')}`);
  return {
    ...values,
    peersDir: values['peers-dir'],
    only: chosen(values, known),
    shapes,
    rounds: positive(values, 'rounds', Number.isInteger),
    tasks: positive(values, 'tasks', Number.isInteger),
    minutes: positive(values, 'minutes', Number.isFinite),
  };
}

function chosen({ only, peers }, known) {
  if (!only) return peers ? PEERS_RUN : known.filter((id) => !ON_REQUEST.includes(id));
  const ids = only.toUpperCase().split(',');
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new Error(`--only: there is no ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return ids;
}

function positive(values, name, test) {
  const number = Number(values[name]);
  if (!test(number) || number <= 0) throw new Error(`--${name} must be a positive number`);
  return number;
}
