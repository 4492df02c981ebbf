/** Deep enough for any real metadata, and safe for recursive functions. */
export const MAX_DEPTH = 64;
/**
 * More than the largest request within all limits has (10,000 tasks and 200,000 links). A process with a heap of 256 MiB
 * survives that many values of the largest kinds.
 */
export const MAX_VALUES = 1_000_000;

/** The size of a JSON text. Reading stops at the first bound that is exceeded. */
export interface JsonSurvey {
  /** Whether it is nested deeper than `MAX_DEPTH`. */
  tooDeep: boolean;
  /** Whether it has more than `MAX_VALUES` values, arrays and objects included. */
  tooMany: boolean;
  /** Positions of numbers that JavaScript would write differently: the start and the end of each in turn. */
  exact: number[];
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** JavaScript keeps every integer of at most that many characters exactly. */
const SAFE_LENGTH = 15;
/** The longest number that JavaScript writes without an exponent: a sign, `0.00000` and 17 digits. */
const LONGEST_PLAIN = 25;
/** An exact number takes an object and a text instead of a word, so it counts as four values; it has two positions. */
const VALUES_PER_POSITION = 1.5;

/**
 * Measures a JSON text in one pass, without building values. Parsed values may be many times as large as the text, and
 * nested deeper than the stack allows. Invalid JSON is left to the parser.
 */
export function surveyJson(text: string): JsonSurvey {
  const survey: JsonSurvey = { tooDeep: false, tooMany: false, exact: [] };
  let depth = 0;
  // Every value but the first of an array or object follows a comma.
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) values++;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      values++;
      if (++depth > MAX_DEPTH) return { ...survey, tooDeep: true };
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
    else if (code === MINUS || isDigit(code)) at = readNumber(text, at, survey.exact) - 1;
    if (values + survey.exact.length * VALUES_PER_POSITION > MAX_VALUES) return { ...survey, tooMany: true };
  }
  return survey;
}

/** Records a number that must be kept exactly; returns where it ends. */
function readNumber(text: string, start: number, exact: number[]): number {
  let end = start + 1;
  let isInteger = true;
  for (let code = text.charCodeAt(end); isDigit(code) || isOther(code); code = text.charCodeAt(++end)) {
    if (!isDigit(code)) isInteger = false;
  }
  const isPlain = isInteger && end - start <= SAFE_LENGTH && text.charCodeAt(start) !== MINUS;
  if (!isPlain && isChanged(text.slice(start, end))) exact.push(start, end);
  return end;
}

/** Exponents are always kept: PostgreSQL may write the number a thousand times as long. */
const isChanged = (number: string): boolean =>
  number.length > LONGEST_PLAIN || /e/i.test(number) || String(Number(number)) !== number;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Whether a character other than a digit may be part of a number: a point, an `e` or `E`, the sign of an exponent. */
const isOther = (code: number): boolean =>
  code === POINT || code === 0x65 || code === 0x45 || code === 0x2b || code === MINUS;

/** Returns the position of the closing quote of a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end;
}

function isEscaped(text: string, index: number): boolean {
  let before = index;
  while (text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (index - before) % 2 === 1;
}
