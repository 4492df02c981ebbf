import { TOLERATED_SHARE } from './measure.mjs';
import { largest, median } from './statistics.mjs';

const HEADINGS = [
  'shape',
  'system',
  'figure',
  'median (min–max)',
  'of its base',
  'of the service',
  'CPU s/1,000',
  'app + store',
  'MiB',
  'database ms/1,000',
  'remarks',
];

/** Prints what was measured of one workload: a row a figure, with the price of a round in its first one. */
export function printTable({ id, title }, records) {
  const rows = records.flatMap((record) => rowsOf(record, records));
  const widths = HEADINGS.map((heading, i) =>
    largest([heading, ...rows.map((row) => row[i])].map(({ length }) => length)),
  );
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  console.log(`\n${id}: ${title}\n`);
  console.log(
    [line(HEADINGS), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n'),
  );
}

function rowsOf(record, records) {
  const { shape, label, note, rounds, remarks, failure } = record;
  const system = [label, note].filter(Boolean).join(', ');
  if (rounds.length === 0) return [[shape, system, ...HEADINGS.slice(3).map(() => ''), `failed: ${failure}`]];
  const middle = (what) => median(rounds.map((round) => round[what]));
  const [app, store] = [middle('appCpu'), middle('storeCpu')];
  const price = [
    number(median(rounds.map(({ appCpu, storeCpu }) => appCpu + storeCpu))),
    `${number(app)} + ${number(store)}`,
    largest(rounds.map(({ peakMiB }) => peakMiB)).toFixed(0),
    rounds[0].databaseMs === undefined ? '–' : number(middle('databaseMs')),
    [disturbance(rounds), remarks, failure && `then failed: ${failure}`].filter(Boolean).join('; '),
  ];
  return Object.keys(rounds[0].figures).map((name, i) => [
    ...(i === 0 ? [shape, system] : ['', '']),
    name,
    spread(figures(record, name)),
    ratio(record, baseOf(record, records), name),
    ratio(record, serviceBeside(record, records), name),
    ...(i === 0 ? price : price.map(() => '')),
  ]);
}

const figures = ({ rounds }, name) => rounds.map((round) => round.figures[name]);

function spread(values) {
  const [min, max] = [-largest(values.map((value) => -value)), largest(values)];
  return values.length > 1 ? `${number(median(values))} (${number(min)}–${number(max)})` : number(values[0]);
}

/** A system's further lanes are compared with its own first one. */
const baseOf = ({ shape, label, base }, records) =>
  records.find((other) => other.shape === shape && other.label === label && other.note === base);

/** Everybody else's lane is compared with the same lane of the service, which comes first, in the same shape if it has that. */
function serviceBeside({ shape, note }, records) {
  const lanes = records.filter((other) => other.label === records[0].label && other.note === note);
  return lanes.find((other) => other.shape === shape) ?? lanes[0];
}

/** Median of the ratios round by round: rounds that took turns saw the same machine. */
function ratio(record, reference, name) {
  if (!reference || reference === record || (record.label === reference.label && record.note === reference.note))
    return '';
  const [mine, theirs] = [figures(record, name), figures(reference, name)];
  const both = mine.slice(0, theirs.length).map((figure, i) => figure / theirs[i]);
  return both.length > 0 && !both.some(Number.isNaN) ? `× ${median(both).toFixed(2)}` : '';
}

function disturbance(rounds) {
  const shares = rounds.map(({ otherShare }) => otherShare).filter((share) => share > TOLERATED_SHARE);
  if (shares.length === 0) return '';
  return `others used up to ${Math.round(100 * largest(shares))} % of the machine in ${shares.length} of ${rounds.length} rounds`;
}

/** Three digits that say something, at most three of them behind the point, and never fewer than stand before it. */
function number(value) {
  const digits = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1))));
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
