import { v7 as uuid } from 'uuid';
import type { Action } from '../../domain/action';
import { RuleDto } from '../../rules/dto/rule.dto';
import { ActionDto } from '../../webhook/dto/action.dto';
import type { CreateRequestDto } from '../dto/create-request.dto';
import type { CreateTaskDto } from '../dto/create-task.dto';
import type { NewBatch, NewLink, NewTask } from '../sql/create';

const DEFAULT_TIMEOUT_SECS = 60;

/** A checked request as rows. */
export interface NewGraph {
  batch: NewBatch;
  tasks: NewTask[];
  links: NewLink[];
}

/**
 * Turns a checked request into rows. Ids are UUIDs in order of time, so parents come before their children in the
 * order of ids as they do in the request.
 */
export function buildGraph(request: CreateRequestDto, batchId: string): NewGraph {
  const onComplete = actions(request.on_batch_complete);
  const ids = new Map<string, string>();
  const links: NewLink[] = [];
  const tasks = request.tasks.map((dto): NewTask => {
    const id = uuid();
    ids.set(dto.id, id);
    const dependencies = dto.dependencies ?? [];
    for (const { id: parent, requires_success } of dependencies) {
      links.push({ parent_id: ids.get(parent)!, child_id: id, requires_success });
    }
    return { id, batch_id: batchId, batch_awaited: onComplete !== null, ...fieldsOf(dto, dependencies.length) };
  });
  const batch: NewBatch = {
    id: batchId,
    scope: request.scope ?? null,
    metadata: request.metadata ?? null,
    on_complete: onComplete,
    open_tasks: onComplete ? tasks.length : 0,
  };
  return { batch, tasks, links };
}

function fieldsOf(dto: CreateTaskDto, unmet: number): Omit<NewTask, 'id' | 'batch_id' | 'batch_awaited'> {
  return {
    status: unmet > 0 ? 'Waiting' : 'Pending',
    unmet,
    name: dto.name,
    kind: dto.kind,
    priority: dto.priority ?? 0,
    timeout_secs: dto.timeout ?? DEFAULT_TIMEOUT_SECS,
    expected_count: dto.expected_count ?? null,
    dead_end_barrier: dto.dead_end_barrier ?? false,
    metadata: dto.metadata ?? null,
    rules: dto.rules && dto.rules.length > 0 ? dto.rules.map((rule) => RuleDto.toRule(rule)) : null,
    on_start: ActionDto.toAction(dto.on_start),
    on_success: actions(dto.on_success),
    on_failure: actions(dto.on_failure),
  };
}

/** None is the same as an empty list, and takes no room. */
function actions(dtos: ActionDto[] | null | undefined): Action[] | null {
  return dtos && dtos.length > 0 ? dtos.map((dto) => ActionDto.toAction(dto)) : null;
}
