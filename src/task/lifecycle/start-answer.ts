import type { Action } from '../../domain/action';
import { decode } from '../../domain/decode';
import { InvalidRequest } from '../../domain/errors';
import { isObject } from '../../domain/json';
import { isTooDeep, unstorable } from '../../http/json-body';
import { check } from '../../http/validation';
import { ActionDto } from '../../webhook/dto/action.dto';
import type { TargetPolicy } from '../../webhook/ssrf/target-policy';
import { ReportDto } from '../dto/report.dto';
import type { Report } from './report';

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
 * mean by it. What is meant but not valid is dropped and reported; the task runs all the same.
 * @param body undefined when the answer was too long to be read.
 */
export function startAnswerOf(
  id: string,
  body: Buffer | undefined,
  targets: TargetPolicy,
  report: (fault: string) => void,
): StartAnswer {
  if (!body?.length) return NOTHING_SAID;
  const answer = parse(body);
  if (isObject(answer) && (answer.status === 'Success' || answer.status === 'Failure')) {
    return { onCancel: [], result: resultOf(id, answer, report) };
  }
  return { onCancel: (Array.isArray(answer) ? answer : [answer]).flatMap((each) => actionOf(each, targets, report)) };
}

function resultOf(id: string, answer: object, report: (fault: string) => void): Report | undefined {
  try {
    const faults = [...unstorable(answer, '')];
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
  const faults = [...unstorable(plain, ''), ...ofFields, ...targets.faultsOf(value)];
  if (faults.length === 0) return [ActionDto.toAction(value)];
  report(`A cancel action was dropped: ${faults.join('; ')}`);
  return [];
}

function parse(body: Buffer): unknown {
  const text = decode(body);
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Any 2xx accepts the task; what it says is up to the receiver.
  }
}
