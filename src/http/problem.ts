import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DatabaseUnavailable, InvalidRequest, NotFound, Overloaded } from '../domain/errors';

export const PROBLEM_TYPE = 'application/problem+json';

/** An answer that says what went wrong, in the form of RFC 9457 and with the two members that older clients read. */
export interface Problem {
  status: number;
  headers: Record<string, string | string[]>;
  body: Record<string, unknown>;
}

const MISUNDERSTOOD = 'The request cannot be understood';
const FAILED = 'The service could not carry out the request';
// Said instead of what the framework says, which is about its own insides.
const SENTENCES: Record<number, string> = {
  404: 'There is no such endpoint',
  408: 'The request took too long to arrive',
  413: 'The body is larger than this service accepts',
  415: 'The body must be JSON, sent with content-type application/json',
  431: 'The headers are larger than this service accepts',
  503: 'The service cannot answer now',
};

/** The answer to a fault of any kind. Faults that nobody foresaw become a 500 that tells nothing of the inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof InvalidRequest) return problem(400, error.message, error.details, error.members);
  if (error instanceof NotFound) return problem(404, error.message, error.details, error.members);
  if (error instanceof DatabaseUnavailable || error instanceof Overloaded)
    return unavailable(error.message, error.retryAfterSecs);
  const status = statusOf(error);
  const isTelling = error instanceof HttpException && status < 500 && !(status in SENTENCES);
  return problem(status, isTelling ? error.message : sentenceOf(status));
}

/** Says when another try is worth it. */
function unavailable(sentence: string, retryAfterSecs: number): Problem {
  const seconds = Math.max(1, Math.ceil(retryAfterSecs));
  return sentencedProblem(503, sentence, { 'retry-after': String(seconds) });
}

/** A problem of this status about which nothing more is known. */
export function plainProblem(status: number): Problem {
  return problem(status, sentenceOf(status));
}

/** A problem of this status, in a sentence, and what the headers are to say about it. */
export function sentencedProblem(status: number, sentence: string, headers: Problem['headers']): Problem {
  return { ...problem(status, sentence), headers };
}

export function send(reply: FastifyReply, { status, headers, body }: Problem): void {
  void reply.status(status).headers(headers).type(PROBLEM_TYPE).send(body);
}

function problem(
  status: number,
  sentence: string,
  details: readonly string[] = [],
  members: Readonly<Record<string, unknown>> = {},
): Problem {
  const body = {
    ...members,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: details.length > 0 ? `${sentence}: ${summary(details)}` : sentence,
    error: sentence,
    details,
  };
  return { status, headers: {}, body };
}

function summary([first, ...more]: readonly string[]): string {
  return more.length > 0 ? `${first} (and ${more.length} more)` : first;
}

function sentenceOf(status: number): string {
  return SENTENCES[status] ?? (status < 500 ? MISUNDERSTOOD : FAILED);
}

/** Nest's exceptions and the errors of Fastify and Node say what status they are worth; all others are worth 500. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const claimed = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return claimed >= 400 && claimed < 500 ? claimed : 500;
}
