import type { OpenAPIObject } from '@nestjs/swagger';
import { TRIGGERS } from '../domain/action';

type Schema = Record<string, unknown>;
type Parameter = Record<string, unknown>;

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const header = (
  name: string,
  description: string,
  schema: Schema = { type: 'string' },
  required = true,
): Parameter => ({
  name,
  in: 'header',
  required,
  description,
  schema,
});
const UUID = { type: 'string', format: 'uuid' };

const key = (form: string) =>
  header(
    'Idempotency-Key',
    `Equal whenever this call is repeated: ${form}. From attempt 2 on, \`attempt-{n}\` follows the id.`,
  );
const trigger = (...values: string[]) => header('X-Task-Trigger', 'The event', { type: 'string', enum: values });
const BATCH = header('X-Batch-ID', 'Id of the batch', UUID);
const SIGNATURE = [
  header(
    'webhook-id',
    'Only if calls are signed: equals `Idempotency-Key` (Standard Webhooks)',
    { type: 'string' },
    false,
  ),
  header('webhook-timestamp', 'Only if calls are signed: seconds since 1970', { type: 'string' }, false),
  header(
    'webhook-signature',
    'Only if calls are signed: `v1,` and the signature, once for each secret',
    { type: 'string' },
    false,
  ),
];
const TASK = [
  {
    name: 'handle',
    in: 'query',
    required: true,
    description: 'The callback URL of the task, added to the query of the URL of the action',
    schema: { type: 'string', format: 'uri' },
  },
  header('X-Task-Id', 'Id of the task', UUID),
  header('X-Task-Attempt', 'Number of the attempt, from 1', { type: 'integer', minimum: 1 }),
  BATCH,
];

/** A call as its receiver sees it. */
interface Call {
  name: string;
  summary: string;
  description?: string;
  parameters: Parameter[];
  body: Schema;
  /** What a 2xx answer may say; absent if its body is not read. */
  answer?: Schema;
  refusal: string;
}

const RETRIED = 'The call is repeated, with growing delays, until `WEBHOOK_MAX_ATTEMPTS`.';
const BODY: Schema = {
  description: 'The body of the action; with `context: true`, its member `hookline` is the context.',
};

const described = (description: string, schema: Schema): Schema => ({ ...schema, description });

const START_ANSWER: Schema = {
  description: 'The result of a task that is done already, or actions to call if the task is canceled.',
  anyOf: [ref('Report'), ref('Action'), { type: 'array', items: ref('Action') }],
};

const CALLS: Call[] = [
  {
    name: 'start',
    summary: 'Start a task: its `on_start`',
    description:
      'A 2xx accepts the task. Its body may hold the result of a task that is done, or actions for a cancellation.',
    parameters: [...TASK, key('`{id}:start`'), trigger('start'), ...SIGNATURE],
    body: BODY,
    answer: START_ANSWER,
    refusal:
      'The attempt fails. `Retry-After` of a 429 or 503 sets the pause before the next one, and 410 ends the task.',
  },
  {
    name: 'end',
    summary: 'Notify that a task has ended: its `on_success` or `on_failure`',
    parameters: [...TASK, key('`{id}:end:success` or `{id}:end:failure`'), trigger('end'), ...SIGNATURE],
    body: BODY,
    refusal: RETRIED,
  },
  {
    name: 'cancel',
    summary: 'Notify that a task was canceled: an action that its receiver returned from the start call',
    parameters: [...TASK, key('`{id}:cancel`'), trigger('cancel'), ...SIGNATURE],
    body: BODY,
    refusal: RETRIED,
  },
  {
    name: 'batch_complete',
    summary: 'Notify that the last task of a batch has ended: its `on_batch_complete`',
    parameters: [
      BATCH,
      header(
        'Idempotency-Key',
        'Equal whenever it is repeated: `batch:{id}:complete`, and `:{n}` from the second completion on',
      ),
      trigger('batch_complete'),
      ...SIGNATURE,
    ],
    body: ref('BatchCompletion'),
    refusal: RETRIED,
  },
  {
    name: 'group',
    summary: 'Several calls in one request, if their actions have a `group`',
    description: 'A 2xx accepts all calls, except those that its `results` refuse.',
    parameters: [
      header('Idempotency-Key', '`group:` and a hash of the keys of the calls'),
      header('X-Hookline-Group', 'Number of the calls', { type: 'integer', minimum: 1 }),
      trigger(...TRIGGERS),
      ...SIGNATURE,
    ],
    body: ref('GroupedCalls'),
    answer: ref('GroupAnswer'),
    refusal: 'All calls are refused, as each would be alone.',
  },
];

const SCHEMAS: Record<string, Schema> = {
  BatchCompletion: {
    description: 'The body of the action, with a member about the batch.',
    type: 'object',
    required: ['arcrun'],
    properties: {
      arcrun: {
        description: 'How the batch ended.',
        type: 'object',
        required: ['batch_id', 'counts', 'completed_at', 'trigger'],
        properties: {
          batch_id: described('Id of the batch', UUID),
          counts: {
            description: 'Number of tasks by the status that they ended in',
            type: 'object',
            required: ['success', 'failure', 'canceled'],
            properties: { success: { type: 'integer' }, failure: { type: 'integer' }, canceled: { type: 'integer' } },
          },
          completed_at: described('When the last task ended', { type: 'string', format: 'date-time' }),
          trigger: { description: 'The event', type: 'string', enum: ['batch_complete'] },
        },
      },
    },
  },
  GroupedCalls: {
    description: 'Calls that were due together.',
    type: 'object',
    required: ['calls'],
    properties: {
      calls: {
        description: 'The calls; each keeps its own key and attempts.',
        type: 'array',
        items: {
          type: 'object',
          required: ['key', 'trigger', 'batch_id'],
          properties: {
            key: described('`Idempotency-Key` of the call', { type: 'string' }),
            trigger: { description: 'The event', type: 'string', enum: TRIGGERS },
            task_id: described('Id of the task; null for a batch', { type: ['string', 'null'], format: 'uuid' }),
            batch_id: described('Id of the batch', UUID),
            attempt: described('Number of the attempt; null for a batch', { type: ['integer', 'null'] }),
            handle: described('The callback URL of the task; null for a batch', {
              type: ['string', 'null'],
              format: 'uri',
            }),
            body: BODY,
            traceparent: described('W3C Trace Context, if the call belongs to a trace', { type: 'string' }),
          },
        },
      },
    },
  },
  GroupAnswer: {
    description: 'What an accepted group may answer.',
    type: 'object',
    properties: {
      results: {
        description: 'Entries about single calls: what each could have answered alone, or a refusal.',
        type: 'array',
        items: {
          type: 'object',
          required: ['key'],
          properties: {
            key: described('`Idempotency-Key` of the call', { type: 'string' }),
            refused: described('Why the call is refused', { type: 'string' }),
          },
        },
      },
    },
  },
};

/** Describes the calls that receivers get. The verb is that of the action; it is written as `post` here. */
export function describeWebhooks(document: OpenAPIObject): OpenAPIObject {
  const { schemas, ...components } = document.components ?? {};
  const webhooks = Object.fromEntries(CALLS.map((call) => [call.name, { post: operationOf(call) }]));
  return { ...document, webhooks, components: { ...components, schemas: { ...schemas, ...SCHEMAS } } } as OpenAPIObject;
}

const json = (schema: Schema) => ({ 'application/json': { schema } });

function operationOf({ name, summary, description, parameters, body, answer, refusal }: Call): object {
  const verb = 'The method is the `verb` of the action.';
  return {
    operationId: `on${name.replace(/(?:^|_)(\w)/g, (_, first: string) => first.toUpperCase())}`,
    tags: ['Webhooks'],
    summary,
    description: description ? `${description} ${verb}` : verb,
    security: [],
    parameters,
    requestBody: { description: 'JSON, unless the headers of the action say otherwise', content: json(body) },
    responses: {
      '2XX': { description: 'The call is accepted.', ...(answer && { content: json(answer) }) },
      default: { description: refusal },
    },
  };
}
