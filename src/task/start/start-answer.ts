import type { Action } from '../../domain/action';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { bounded } from '../../http/faults';
import { unstorable } from '../../http/json-body';
import { check } from '../../http/validation';
import type { Answer } from '../../webhook/answer';
import { jsonOf } from '../../webhook/answer-json';
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

/** Returns what a successful answer says about a task: the body of a single call, or the entries of a call in a group. */
export function contentOf({ body, entries }: Answer, report: (fault: string) => void): unknown {
  return entries ? (entries.find(isResult) ?? entries) : jsonOf(body, report);
}

/**
 * Reads a 2xx answer to `on_start`: a cancel action, an array of them, or the result of a task that is done already. Others
 * have no content, as most receivers intend. Invalid parts are dropped and reported; the task runs in any case.
 * @param content JSON that the receiver answered with; undefined if there is none
 * @param maxActions limit of cancel actions; the rest is dropped
 * @param report called with one sentence for each dropped part
 */
export function startAnswerOf(
  task: StartedTask,
  content: unknown,
  targets: TargetPolicy,
  maxActions: number,
  report: (fault: string) => void,
): StartAnswer {
  if (content === undefined) return NO_CONTENT;
  if (isResult(content)) return { onCancel: [], result: resultOf(task, content, report) };
  const actions = (Array.isArray(content) ? content : [content]).flatMap((each) => actionOf(each, targets, report));
  if (actions.length > maxActions) {
    report(`${actions.length - maxActions} cancel actions were dropped: at most ${maxActions} are kept`);
  }
  return { onCancel: actions.slice(0, maxActions) };
}

const isResult = (content: unknown): content is Record<string, unknown> =>
  isObject(content) && (content.status === 'Success' || content.status === 'Failure');

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
