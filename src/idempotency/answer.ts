import type { FastifyReply } from 'fastify';

const JSON_TYPE = 'application/json; charset=utf-8';

/** The answer to a request that creates tasks, as its client gets it. */
export interface Answer {
  /** 201 or 204. */
  status: number;
  batchId: string | null;
  /** JSON; null if the answer has no body. */
  body: string | null;
  /** The request was answered before, and this is that answer. */
  replayed?: boolean;
}

/** Sets the status and the headers of an answer; returns its body, for the framework to send. */
export function replyWith(reply: FastifyReply, { status, batchId, body, replayed }: Answer): string | undefined {
  void reply.status(status);
  if (batchId !== null) void reply.header('X-Batch-ID', batchId);
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
  if (body === null) return undefined;
  void reply.type(JSON_TYPE);
  return body;
}

/** Headers of `replyWith` in the OpenAPI document. */
export const ANSWER_HEADERS = {
  'X-Batch-ID': { description: 'UUID of the created batch', schema: { type: 'string' as const, format: 'uuid' } },
  'Idempotency-Replayed': {
    description:
      'Present if the request repeats an earlier one with the same `Idempotency-Key`: this is the first answer.',
    schema: { type: 'string' as const, enum: ['true'] },
  },
};
