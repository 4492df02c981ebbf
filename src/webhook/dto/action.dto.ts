import { IsBoolean, IsIn, IsObject, IsOptional, ValidateBy } from 'class-validator';
import { ApiProperty } from '@nestjs/swagger';
import { ApiAnyJson } from '../../http/any-json';
import { VERBS, type Action, type Group, type Verb, type WebhookParams } from '../../domain/action';
import { isObject } from '../../domain/json';
import { IsTextOfAtMost } from '../../http/is-text';
import { IsWhole } from '../../http/is-whole';
import { Nested } from '../../http/nested';
import { IsHeaders } from './is-headers';
import { IsWebhookUrl } from './is-webhook-url';

const MAX_URL_LENGTH = 8192;
const MIN_GROUP = 2;
const MAX_GROUP = 1000;

/** The HTTP request of a webhook. */
export class WebhookParamsDto implements WebhookParams {
  /**
   * Absolute http or https URL, at most 8,192 characters. The callback URL is added as the query parameter `handle`, and
   * replaces an existing one. Private and internal hosts are refused unless the configuration allows them.
   */
  @ApiProperty({ example: 'https://worker.example.com/start', maxLength: MAX_URL_LENGTH })
  @IsWebhookUrl({ message: 'must be an absolute http or https URL' })
  @IsTextOfAtMost(MAX_URL_LENGTH)
  url: string;

  /** HTTP method. */
  @ApiProperty({ enum: VERBS, example: 'Post' })
  @IsIn(VERBS, { message: `must be one of ${VERBS.join(', ')}` })
  verb: Verb;

  /**
   * Request body: any JSON, sent unchanged, by default as `application/json`. A string is sent as plain text if
   * `Content-Type` in `headers` is not JSON.
   */
  @ApiAnyJson({ required: false, example: { branch: 'main' } })
  @IsOptional()
  body?: unknown;

  /** Additional request headers by name. Headers set by the service cannot be overridden. */
  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { 'X-Team': 'shop' },
  })
  @IsHeaders({ message: 'must be an object of valid header names and string values' })
  @IsOptional()
  headers?: Record<string, string>;
}

/** Lets calls of an action share a request. */
export class GroupDto implements Group {
  /** The most calls in one request, from 2 to 1,000. */
  @ApiProperty({ type: 'integer', minimum: MIN_GROUP, maximum: MAX_GROUP, example: 100 })
  @IsWhole(MIN_GROUP, MAX_GROUP)
  max_size: number;
}

/** Accepts `true` only if the body can have another member. */
const FitsBody = () =>
  ValidateBy({
    name: 'fitsBody',
    validator: {
      validate: (context, args) => {
        const body = (args?.object as Partial<ActionDto>).params?.body ?? {};
        return context !== true || isObject(body);
      },
      defaultMessage: () => 'must not be true if params.body is not an object',
    },
  });

/** A call that Hookline makes. */
export class ActionDto implements Action {
  /** Kind of the action; `Webhook` is the only one. */
  @ApiProperty({ enum: ['Webhook'] })
  @IsIn(['Webhook'], { message: 'must be Webhook' })
  kind: 'Webhook';

  /** The HTTP request. */
  @Nested(() => WebhookParamsDto)
  @IsObject({ message: 'must be an object' })
  params: WebhookParamsDto;

  /**
   * Calls with the same trigger, URL, verb, headers and `group` that are due at the same moment go out as one request. None
   * waits for others. Omit it to send each call as a request of its own.
   */
  @ApiProperty({ required: false, type: () => GroupDto })
  @Nested(() => GroupDto)
  @IsObject({ message: 'must be an object' })
  @IsOptional()
  group?: GroupDto;

  /**
   * `true`: the body, which must be an object or absent, gets a member `hookline` with the task, its parents and their
   * results. Not allowed in `on_batch_complete`.
   */
  @ApiProperty({ required: false, default: false })
  @FitsBody()
  @IsBoolean({ message: 'must be true or false' })
  @IsOptional()
  context?: boolean;

  /** Returns the action without unknown and empty members. */
  static toAction({ params: { url, verb, body, headers }, context, group }: ActionDto): Action {
    const params = { url, verb, body: body ?? undefined, headers: headers ?? undefined };
    return {
      kind: 'Webhook',
      params,
      ...(context && { context }),
      ...(group && { group: { max_size: group.max_size } }),
    };
  }
}
