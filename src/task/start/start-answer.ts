import type { Action } from '../../domain/action';
import { InvalidRequest } from '../../domain/errors';
import { readSurveyed } from '../../domain/exact-number';
import { isObject } from '../../domain/json';
import { surveyJson } from '../../domain/json-survey';
import { OPAQUE_FIELDS } from '../../http/any-json';
import { bounded } from '../../http/faults';
import { unstorable } from '../../http/json-body';
import { check } from '../../http/validation';
import { type AnswerBody, Unreadable } from '../../webhook/answer-body';
import { ActionDto } from '../../webhook/dto/action.dto';
import type { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { ReportDto } from '../dto/report.dto';
import type { Report } from '../report/fold-reports';

/** What a receiver says beyond having taken the task. */
export interface StartAnswer {
  /** What to call if the task is canceled. */
  onCancel: Action[];
  /** The task is done already. */
  result?: Report;
}

/** What most receivers say, and those that refuse. */
export const NOTHING_SAID: StartAnswer = { onCancel: [] };

/**
 * The body of a 2xx answer to `on_start`: one cancel action or an array of them, or the result of a task that was done
 * while it was called. An answer that is not JSON, or about something else, says nothing, which is what most receivers
 * mean by it. What is meant but not valid, or cannot be read, is dropped and reported; the task runs all the same.
 * @param mostActions that are kept
 */
export function startAnswerOf(
  id: string,
  body: AnswerBody | undefined,
  targets: TargetPolicy,
  mostActions: number,
  report: (fault: string) => void,
): StartAnswer {
  if (!body || body.isEmpty) return NOTHING_SAID;
  const answer = parse(body, report);
  if (isObject(answer) && (answer.status === 'Success' || answer.status === 'Failure')) {
    return { onCancel: [], result: resultOf(id, answer, report) };
  }
  const actions = (Array.isArray(answer) ? answer : [answer]).flatMap((each) => actionOf(each, targets, report));
  if (actions.length > mostActions) {
    report(`${actions.length - mostActions} cancel actions were dropped: at most ${mostActions} are kept`);
  }
  return { onCancel: actions.slice(0, mostActions) };
}

function resultOf(id: string, answer: object, report: (fault: string) => void): Report | undefined {
  try {
    const faults = bounded(unstorable(answer, ''));
    if (faults.length === 0) return ReportDto.parse(id, answer);
    report(`A result was dropped: ${faults.join('; ')}`);
  } catch (error) {
    report(`A result was dropped: ${error instanceof InvalidRequest ? error.details.join('; ') : String(error)}`);
  }
  return undefined;
}

function actionOf(plain: unknown, targets: TargetPolicy, report: (fault: string) => void): Action[] {
  if (!isObject(plain) || !('kind' in plain)) return [];
  const { value, faults: ofFields } = check(ActionDto, plain);
  const faults = [unstorable(plain, ''), ofFields, targets.faultsOf(value)].flatMap(bounded);
  if (faults.length === 0) return [ActionDto.toAction(value)];
  report(`A cancel action was dropped: ${faults.join('; ')}`);
  return [];
}

function parse(body: AnswerBody, report: (fault: string) => void): unknown {
  try {
    const text = body.text();
    // Any 2xx accepts the task; a word or a page beside it is up to the receiver.
    if (!/^\s*[[{]/.test(text)) return undefined;
    const { tooDeep, exact } = surveyJson(text);
    if (tooDeep) throw new Unreadable('it is nested too deeply');
    return readSurveyed(text, exact, OPAQUE_FIELDS);
  } catch (error) {
    report(`The answer was dropped: ${error instanceof Unreadable ? error.message : 'it is not valid JSON'}`);
    return undefined;
  }
}
