import { ApiProperty } from '@nestjs/swagger';
import { ApiAnyJson } from '../../http/any-json';
import type { TaskDefinitionEntity } from '../../database/entities';
import type { Action } from '../../domain/action';
import { redacted } from '../../domain/redaction';
import type { RetryPolicy } from '../../domain/retry';
import type { Rule } from '../../domain/rule';
import { RuleDto } from '../../rules/dto/rule.dto';
import { GroupDto, WebhookParamsDto } from '../../webhook/dto/action.dto';
import { RetryDto } from './retry.dto';
import { TaskLightDto } from './task-light.dto';

/** A webhook of a task. */
export class TaskActionDto {
  /** Kind of the action; `Webhook` is the only one. */
  @ApiProperty({ enum: ['Webhook'] })
  kind: 'Webhook';

  /** When the action is called: to start the task, after it has ended, or after it was canceled. */
  @ApiProperty({ enum: ['Start', 'End', 'Cancel'] })
  trigger: 'Start' | 'End' | 'Cancel';

  /** The HTTP request. With `AUTH_TOKEN` set, the values of headers and of the query are replaced by `***`. */
  params: WebhookParamsDto;

  /** Absent if each call is a request of its own. */
  @ApiProperty({ required: false, type: () => GroupDto })
  group?: GroupDto;

  /** `true` if the body gets the member `hookline`; absent otherwise. */
  @ApiProperty({ required: false })
  context?: boolean;
}

/** Everything about a task. */
export class TaskFullDto extends TaskLightDto {
  /** Seconds that a running task may be silent before it fails. */
  @ApiProperty({ type: 'integer', example: 60 })
  timeout: number;

  /** Rules in the spelling of the client; empty if there are none. */
  @ApiProperty({ type: () => [RuleDto], example: [] })
  rules: Rule[];

  /** Metadata of the task, any JSON; null if there is none. */
  @ApiAnyJson({ example: { project: 'shop' }, required: true })
  metadata: unknown;

  /** Retry policy with its defaults; null if failures are not retried. */
  @ApiProperty({ type: () => RetryDto, nullable: true, example: null })
  retry: RetryPolicy | null;

  /** Time of the last change or sign of life; `timeout` is measured from here. */
  @ApiProperty({ format: 'date-time', example: '2026-01-05T08:00:01.000Z' })
  last_updated: string;

  /** Why the task failed or was canceled; null otherwise. */
  @ApiProperty({ type: String, nullable: true, example: null })
  failure_reason: string | null;

  /** Result that the receiver reported with the status, any JSON; null if there is none. */
  @ApiAnyJson({ example: { url: 'https://example.com/app-1.4.tar' }, required: true })
  result: unknown;

  /** Webhooks of the task: the start call, notifications, and the cancel actions registered by its receiver. */
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
      retry: definition.retry ?? null,
      last_updated: task.lastUpdated.toISOString(),
      failure_reason: task.failureReason,
      result: definition.result ?? null,
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
  (actions ?? []).map(({ kind, params, context, group }) => ({ kind, trigger, params, context, group }));
