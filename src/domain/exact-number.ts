import { randomBytes } from 'node:crypto';
import { MAX_DEPTH, surveyJson } from './json-survey';

/** The digits that PostgreSQL stores before and after the decimal point. */
const MAX_DIGITS_BEFORE = 131_072;
const MAX_DIGITS_AFTER = 16_383;

/** Begins the texts of exact numbers while JSON is read or written; no other text begins like this. */
const MARK = `${randomBytes(12).toString('base64url')}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

/** The state of `writeJson`: `toJSON` writes marks and counts lengths only while it runs. */
const writing = { active: false, marked: false, expansion: 0, texts: [] as string[] };

/**
 * A number that JavaScript would write differently, e.g. `1.10` or an integer beyond 2^53. Clients and PostgreSQL
 * (`jsonb`) keep every digit, so the service must too.
 *
 * Libraries were measured and rejected. A request of 10,000 tasks (2 MB, Node 20) takes `JSON.parse` 30 ms, `readJson` 69 ms,
 * lossless-json and json-bigint 193 ms each. json-bigint keeps integers only, and lossless-json makes an object of every
 * number. Neither bounds depth and size, so `surveyJson` would be needed all the same.
 *
 * `JSON.rawJSON` and the source text in revivers (Node 22) can replace the marks once Node 20 is no longer supported.
 */
export class ExactNumber {
  /** @param text of the number in JSON. */
  constructor(readonly text: string) {}

  /** Makes comparisons and arithmetic use the nearest number. */
  valueOf(): number {
    return Number(this.text);
  }

  /** Called by `JSON.stringify`; the number is rounded unless `writeJson` is running. */
  toJSON(): unknown {
    if (!writing.active) return this.valueOf();
    writing.marked = true;
    writing.expansion += Math.max(0, this.storedLength - this.text.length);
    return MARK + this.text;
  }

  /** Whether PostgreSQL can store it. */
  get isStorable(): boolean {
    const { before, after } = this.digits;
    return before <= MAX_DIGITS_BEFORE && after <= MAX_DIGITS_AFTER;
  }

  /** A form that is equal for equal numbers: a number if JavaScript can hold it, otherwise a text in an object. */
  get normal(): unknown {
    const double = this.valueOf();
    const text = significant(this.text);
    return Number.isFinite(double) && significant(String(double)) === text ? double : { '\0': text };
  }

  /** Length as PostgreSQL writes it, without an exponent. */
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

/** JSON of PostgreSQL, which `writeJson` writes as it is. */
export class JsonText {
  constructor(readonly text: string) {}

  /** Called by `JSON.stringify`. */
  toJSON(): unknown {
    if (!writing.active) return JSON.parse(this.text);
    writing.marked = true;
    return `${MARK}#${writing.texts.push(this.text) - 1}`;
  }
}

/** Parses JSON; numbers that JavaScript would write differently become `ExactNumber`s. */
export function readJson(text: string): unknown {
  return readSurveyed(text, surveyJson(text).exact);
}

/**
 * Parses JSON that was surveyed already.
 * @param exact the positions of exact numbers.
 * @param opaque names of members whose numbers are kept exact; all others are rounded. Absent: all are kept.
 */
export function readSurveyed(text: string, exact: readonly number[], opaque?: ReadonlySet<string>): unknown {
  if (exact.length === 0) return JSON.parse(text);
  // Refuses invalid JSON first: marks could turn it into valid JSON.
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

/** Replaces marked texts by numbers. */
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

/** Writes JSON with exact numbers as they were read. */
export function writeJson(value: unknown): string {
  writing.active = true;
  writing.marked = false;
  writing.expansion = 0;
  try {
    const text = JSON.stringify(value);
    return writing.marked ? withoutMarks(text) : text;
  } finally {
    writing.active = false;
  }
}

/** Estimates the bytes of a value as PostgreSQL writes it, which expands exponents. */
export function storedLength(value: unknown): number {
  return Buffer.byteLength(writeJson(value)) + writing.expansion;
}

function withoutMarks(text: string): string {
  const { texts } = writing;
  writing.texts = [];
  return text.replace(MARKED, (_, marked: string) =>
    marked.startsWith('#') ? texts[Number(marked.slice(1))] : marked,
  );
}

function partsOf(number: string): { sign: string; whole: string; fraction: string; exponent: number } {
  const sign = number.startsWith('-') ? '-' : '';
  const [mantissa, exponent = '0'] = number.slice(sign.length).split(/e/i);
  const [whole, fraction = ''] = mantissa.split('.');
  return { sign, whole: whole === '0' ? '' : whole, fraction, exponent: Number(exponent) };
}

/** Returns the significant digits of a number and its exponent; all zeros are equal. */
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
