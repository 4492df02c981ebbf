import { ApiProperty } from '@nestjs/swagger';
import { ApiAnyJson } from '../../http/any-json';
import type { TaskDefinitionEntity } from '../../database/entities';
import type { Action } from '../../domain/action';
import { redacted } from '../../domain/redaction';
import type { Rule } from '../../domain/rule';
import { RuleDto } from '../../rules/dto/rule.dto';
import { WebhookParamsDto } from '../../webhook/dto/action.dto';
import { TaskLightDto } from './task-light.dto';

/** An action of a task, and when it is called. */
export class TaskActionDto {
  @ApiProperty({ enum: ['Webhook'] })
  kind: 'Webhook';

  @ApiProperty({ enum: ['Start', 'End', 'Cancel'] })
  trigger: 'Start' | 'End' | 'Cancel';

  params: WebhookParamsDto;
}

/** Everything about a task. */
export class TaskFullDto extends TaskLightDto {
  /** Seconds of silence allowed while running. */
  @ApiProperty({ type: 'integer', example: 60 })
  timeout: number;

  /** Rules, in the spelling in which they came; empty when there are none. */
  @ApiProperty({ type: () => [RuleDto], example: [] })
  rules: Rule[];

  /** Any JSON. */
  @ApiAnyJson({ example: { project: 'shop' }, required: true })
  metadata: unknown;

  /** Of the last change or sign of life; silence is measured from here. */
  @ApiProperty({ format: 'date-time', example: '2026-01-05T08:00:01.000Z' })
  last_updated: string;

  /** Why it failed or was canceled. */
  @ApiProperty({ type: String, nullable: true, example: null })
  failure_reason: string | null;

  /** All webhooks of the task: the start call, notifications, and cancel actions that its receiver has registered. */
  @ApiProperty({ type: () => [TaskActionDto] })
  actions: TaskActionDto[];

  /** @param isGuarded actions are shown without what may be secret in their URLs and headers. */
  static override from(definition: TaskDefinitionEntity, isGuarded = false): TaskFullDto {
    const { task, onStart, onSuccess, onFailure, onCancel } = definition;
    return {
      ...TaskLightDto.from(definition),
      timeout: task.timeoutSecs,
      rules: definition.rules ?? [],
      metadata: definition.metadata ?? null,
      last_updated: task.lastUpdated.toISOString(),
      failure_reason: task.failureReason,
      actions: [
        ...listed([onStart], 'Start'),
        ...listed(onSuccess, 'End'),
        ...listed(onFailure, 'End'),
        ...listed(onCancel, 'Cancel'),
      ].map((action) => (isGuarded ? { ...action, params: redacted(action.params) } : action)),
    };
  }
}

const listed = (actions: Action[] | null, trigger: TaskActionDto['trigger']): TaskActionDto[] =>
  (actions ?? []).map(({ kind, params }) => ({ kind, trigger, params }));
