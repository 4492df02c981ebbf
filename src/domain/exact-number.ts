import { randomBytes } from 'node:crypto';
import { MAX_DEPTH, surveyJson } from './json-survey';

/** PostgreSQL keeps numbers of so many digits before the point … */
const MAX_DIGITS_BEFORE = 131_072;
/** … and so many after it. */
const MAX_DIGITS_AFTER = 16_383;

/** Marks the texts of exact numbers while JSON is read or written; no other text begins like this. */
const MARK = `${randomBytes(12).toString('base64url')}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

/** What `writeJson` is at: marks are only written, and lengths only counted, while it runs. */
const writing = { active: false, marked: false, expansion: 0 };

/** A number that JavaScript would write otherwise than it was written: `1.10`, or an integer beyond 2^53. */
export class ExactNumber {
  /** @param text of the number, as JSON has it. */
  constructor(readonly text: string) {}

  /** Makes it count like the number that is nearest to it. */
  valueOf(): number {
    return Number(this.text);
  }

  /** Called by `JSON.stringify`, which rounds it unless `writeJson` has called it. */
  toJSON(): unknown {
    if (!writing.active) return this.valueOf();
    writing.marked = true;
    writing.expansion += Math.max(0, this.storedLength - this.text.length);
    return MARK + this.text;
  }

  /** Whether PostgreSQL can keep it. */
  get isStorable(): boolean {
    const { before, after } = this.digits;
    return before <= MAX_DIGITS_BEFORE && after <= MAX_DIGITS_AFTER;
  }

  /** Equal for equal numbers, however they are written: a number if JavaScript can hold it, or else a text in an object. */
  get normal(): unknown {
    const double = this.valueOf();
    const text = significant(this.text);
    return Number.isFinite(double) && significant(String(double)) === text ? double : { '\0': text };
  }

  /** PostgreSQL writes it without an exponent. */
  private get storedLength(): number {
    const { before, after } = this.digits;
    return Math.max(before, 1) + after + 2;
  }

  private get digits(): { before: number; after: number } {
    const { whole, fraction, exponent } = partsOf(this.text);
    return {
      before: Math.max(0, whole.length + exponent),
      after: Math.max(0, fraction.length - exponent),
    };
  }
}

/** Parses JSON. Numbers that JavaScript cannot hold as they are written are exact ones. */
export function readJson(text: string): unknown {
  return readSurveyed(text, surveyJson(text).exact);
}

/**
 * Parses JSON that was surveyed already.
 * @param exact where the numbers stand.
 * @param opaque names of members below which numbers are exact; all others are rounded. Absent: all are exact.
 */
export function readSurveyed(text: string, exact: readonly number[], opaque?: ReadonlySet<string>): unknown {
  if (exact.length === 0) return JSON.parse(text);
  // What is no JSON is refused as it came: a mark could stand where no number may, or for something that is none.
  JSON.parse(text);
  const parts: string[] = [];
  let end = 0;
  for (let n = 0; n < exact.length; n += 2) {
    parts.push(text.slice(end, exact[n]), `"${MARK}`, text.slice(exact[n], exact[n + 1]), '"');
    end = exact[n + 1];
  }
  parts.push(text.slice(end));
  return revived(JSON.parse(parts.join('')), opaque, MAX_DEPTH);
}

/** Puts numbers in the place of marked texts. */
function revived(value: unknown, opaque: ReadonlySet<string> | undefined, depth: number): unknown {
  if (typeof value === 'string') {
    if (!value.startsWith(MARK)) return value;
    const text = value.slice(MARK.length);
    return opaque ? Number(text) : new ExactNumber(text);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) throw new RangeError(`JSON must not be nested deeper than ${MAX_DEPTH} levels`);
  const holder = value as Record<string, unknown>;
  for (const name of Object.keys(holder)) {
    const item = holder[name];
    if (typeof item === 'string' || typeof item === 'object')
      holder[name] = revived(item, opaque?.has(name) ? undefined : opaque, depth - 1);
  }
  return value;
}

/** Writes JSON, exact numbers as they were written. */
export function writeJson(value: unknown): string {
  return written(value).text;
}

/** How many bytes PostgreSQL takes to write a value, about: it writes no exponents. */
export function storedLength(value: unknown): number {
  const { text, expansion } = written(value);
  return Buffer.byteLength(text) + expansion;
}

function written(value: unknown): { text: string; expansion: number } {
  Object.assign(writing, { active: true, marked: false, expansion: 0 });
  try {
    const text = JSON.stringify(value);
    return { text: writing.marked ? text.replace(MARKED, '$1') : text, expansion: writing.expansion };
  } finally {
    writing.active = false;
  }
}

function partsOf(number: string): { sign: string; whole: string; fraction: string; exponent: number } {
  const sign = number.startsWith('-') ? '-' : '';
  const [mantissa, exponent = '0'] = number.slice(sign.length).split(/e/i);
  const [whole, fraction = ''] = mantissa.split('.');
  return { sign, whole: whole === '0' ? '' : whole, fraction, exponent: Number(exponent) };
}

/** A number as its significant digits and an exponent; all zeros are one. */
function significant(number: string): string {
  const { sign, whole, fraction, exponent } = partsOf(number);
  const digits = whole + fraction;
  let [first, last] = [0, digits.length];
  while (digits[first] === '0') first++;
  while (last > first && digits[last - 1] === '0') last--;
  return first === last
    ? '0'
    : `${sign}${digits.slice(first, last)}e${exponent - fraction.length + digits.length - last}`;
}
