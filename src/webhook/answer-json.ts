import { readSurveyed } from '../domain/exact-number';
import { surveyJson } from '../domain/json-survey';
import { OPAQUE_FIELDS } from '../http/any-json';
import { type AnswerBody, Unreadable } from './answer-body';

/**
 * Returns the JSON object or array that a receiver answered with. Other bodies are undefined: the status alone has a
 * meaning, so plain text and HTML are allowed.
 * @param report called with one sentence if the body should have been JSON but cannot be read
 */
export function jsonOf(body: AnswerBody | undefined, report: (fault: string) => void): unknown {
  if (!body || body.isEmpty) return undefined;
  try {
    const text = body.text();
    if (!/^\s*[[{]/.test(text)) return undefined;
    const { tooDeep, tooMany, exact } = surveyJson(text);
    if (tooDeep) throw new Unreadable('it is nested too deeply');
    if (tooMany) throw new Unreadable('it has too many values');
    return readSurveyed(text, exact, OPAQUE_FIELDS);
  } catch (error) {
    report(`The answer was dropped: ${error instanceof Unreadable ? error.message : 'it is not valid JSON'}`);
    return undefined;
  }
}
