import type { Action } from '../../domain/action';
import { isTooDeep, unstorable } from '../../http/json-body';
import { check } from '../../http/validation';
import { ActionDto } from '../../webhook/dto/action.dto';
import type { TargetPolicy } from '../../webhook/ssrf/target-policy';

/**
 * The cancel actions in a receiver's answer to `on_start`: one action or an array of them. An answer that is not JSON,
 * or not about actions at all, registers nothing, which is what most receivers mean by it. An action that is not valid
 * is dropped and reported; the others count.
 * @param body undefined when the answer was too long to be read.
 */
export function cancelActionsOf(
  body: Buffer | undefined,
  targets: TargetPolicy,
  report: (fault: string) => void,
): Action[] {
  if (!body?.length) return [];
  const answer = parse(body);
  const offered = (Array.isArray(answer) ? answer : [answer]).filter(looksLikeAction);
  return offered.flatMap((plain) => {
    const { value, faults: ofFields } = check(ActionDto, plain);
    const faults = [...unstorable(plain, ''), ...ofFields, ...targets.faultsOf(value)];
    if (faults.length === 0) return [ActionDto.toAction(value)];
    report(`A cancel action was dropped: ${faults.join('; ')}`);
    return [];
  });
}

function parse(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Any 2xx accepts the task; what it says is up to the receiver.
  }
}

const looksLikeAction = (value: unknown): boolean => typeof value === 'object' && value !== null && 'kind' in value;
