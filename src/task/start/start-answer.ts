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

/** The content of a successful answer to `on_start`. */
export interface StartAnswer {
  /** Actions to call if the task is canceled. */
  onCancel: Action[];
  /** The task's result, if it is done already. */
  result?: Report;
}

/** The task that the call was about, and the attempt at it. */
type StartedTask = Pick<Report, 'id' | 'attempt'>;

/** The content of most answers, and of failed calls. */
export const NO_CONTENT: StartAnswer = { onCancel: [] };

/**
 * Reads the body of a 2xx answer to `on_start`: a cancel action, an array of them, or the result of a task that is done
 * already. Other bodies have no content, as most receivers intend. Invalid or unreadable parts are dropped and reported;
 * the task runs in any case.
 * @param maxActions limit of cancel actions; the rest is dropped
 * @param report called with one sentence for each dropped part
 */
export function startAnswerOf(
  task: StartedTask,
  body: AnswerBody | undefined,
  targets: TargetPolicy,
  maxActions: number,
  report: (fault: string) => void,
): StartAnswer {
  if (!body || body.isEmpty) return NO_CONTENT;
  const answer = parse(body, report);
  if (isObject(answer) && (answer.status === 'Success' || answer.status === 'Failure')) {
    return { onCancel: [], result: resultOf(task, answer, report) };
  }
  const actions = (Array.isArray(answer) ? answer : [answer]).flatMap((each) => actionOf(each, targets, report));
  if (actions.length > maxActions) {
    report(`${actions.length - maxActions} cancel actions were dropped: at most ${maxActions} are kept`);
  }
  return { onCancel: actions.slice(0, maxActions) };
}

function resultOf({ id, attempt }: StartedTask, answer: object, report: (fault: string) => void): Report | undefined {
  try {
    const faults = bounded(unstorable(answer, ''));
    if (faults.length === 0) return ReportDto.parse(id, attempt, answer);
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
    // Plain text and HTML are allowed: the status alone accepts the task.
    if (!/^\s*[[{]/.test(text)) return undefined;
    const { tooDeep, exact } = surveyJson(text);
    if (tooDeep) throw new Unreadable('it is nested too deeply');
    return readSurveyed(text, exact, OPAQUE_FIELDS);
  } catch (error) {
    report(`The answer was dropped: ${error instanceof Unreadable ? error.message : 'it is not valid JSON'}`);
    return undefined;
  }
}
