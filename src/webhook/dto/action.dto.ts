import { IsIn, IsObject, IsOptional } from 'class-validator';
import { ApiProperty } from '@nestjs/swagger';
import { ApiAnyJson } from '../../http/any-json';
import { VERBS, type Action, type Verb, type WebhookParams } from '../../domain/action';
import { IsTextOfAtMost } from '../../http/is-text';
import { Nested } from '../../http/nested';
import { IsHeaders } from './is-headers';
import { IsWebhookUrl } from './is-webhook-url';

const MAX_URL_LENGTH = 8192;

/** Where and how a webhook is called. */
export class WebhookParamsDto implements WebhookParams {
  /**
   * Absolute http or https URL. The query parameter `handle` with the callback URL is added to it, and takes the place of one
   * that is there already. Private and internal hosts are refused, unless the service is configured to allow them.
   */
  @ApiProperty({ example: 'https://worker.example.com/start', maxLength: MAX_URL_LENGTH })
  @IsWebhookUrl({ message: 'must be an absolute http or https URL' })
  @IsTextOfAtMost(MAX_URL_LENGTH)
  url: string;

  @ApiProperty({ enum: VERBS, example: 'Post' })
  @IsIn(VERBS, { message: `must be one of ${VERBS.join(', ')}` })
  verb: Verb;

  /**
   * Any JSON; sent as it is, as `application/json` unless a header says otherwise. A string is sent as plain text if the
   * header `Content-Type` says that it is not JSON.
   */
  @ApiAnyJson({ required: false, example: { branch: 'main' } })
  body?: unknown;

  /** Further request headers, name to value. Those that the service itself sets cannot be overridden. */
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

/** One call that Hookline makes. */
export class ActionDto implements Action {
  @ApiProperty({ enum: ['Webhook'] })
  @IsIn(['Webhook'], { message: 'must be Webhook' })
  kind: 'Webhook';

  @Nested(() => WebhookParamsDto)
  @IsObject({ message: 'must be an object' })
  params: WebhookParamsDto;

  /** Keeps what an action consists of, without the members that a client sent beyond it or left empty. */
  static toAction({ params: { url, verb, body, headers } }: ActionDto): Action {
    return { kind: 'Webhook', params: { url, verb, body: body ?? undefined, headers: headers ?? undefined } };
  }
}
