/** Deep enough for any metadata a person writes, and safe for every function that walks it recursively. */
export const MAX_DEPTH = 64;
/**
 * More than the largest request within all limits has: 10,000 tasks and 200,000 links. A process with a heap of 256 MiB
 * survives that many of the kinds that take the most memory.
 */
export const MAX_VALUES = 1_000_000;

/** What a JSON text holds. It is read no further than to the first bound that is exceeded. */
export interface JsonSurvey {
  /** Nested deeper than `MAX_DEPTH`. */
  tooDeep: boolean;
  /** More than `MAX_VALUES`, arrays and objects included. */
  tooMany: boolean;
  /** Where numbers stand that JavaScript would write otherwise: the start and the end of each, one after the other. */
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
/** Every integer of so many characters is one that JavaScript keeps and writes as it was. */
const SAFE_LENGTH = 15;
/** What JavaScript writes without an exponent is at most this long: a sign, `0.00000` and 17 digits. */
const LONGEST_PLAIN = 25;
/** An exact number, which has two bounds, is an object and a text, where others take a word: it counts for four. */
const VALUES_PER_BOUND = 1.5;

/**
 * Reads a JSON text once, from start to end, without building anything: what a parser would make of it may be many
 * times as large as the text, and nested deeper than any stack. Whether it is JSON at all is left to the parser.
 */
export function surveyJson(text: string): JsonSurvey {
  const survey: JsonSurvey = { tooDeep: false, tooMany: false, exact: [] };
  let depth = 0;
  // Each but the first of an array or object has a comma before it.
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
    if (values + survey.exact.length * VALUES_PER_BOUND > MAX_VALUES) return { ...survey, tooMany: true };
  }
  return survey;
}

/** Notes a number that must be kept as it is written; answers where it ends. */
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

/** Exponents are always kept: what PostgreSQL writes in their place may be a thousand times as long. */
const isChanged = (number: string): boolean =>
  number.length > LONGEST_PLAIN || /e/i.test(number) || String(Number(number)) !== number;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** What a number may have in it beside digits: a sign of its exponent, a point, an `e` or `E`. */
const isOther = (code: number): boolean =>
  code === POINT || code === 0x65 || code === 0x45 || code === 0x2b || code === MINUS;

/** Where the closing quote of a string stands, or the text ends. */
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
