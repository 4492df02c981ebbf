import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  Conflict,
  DatabaseUnavailable,
  Forbidden,
  InvalidRequest,
  NotFound,
  Overloaded,
  Unprocessable,
} from '../domain/errors';

export const PROBLEM_TYPE = 'application/problem+json';

/** An error answer: problem details (RFC 9457), and the members `error` and `details`, which older clients read. */
export interface Problem {
  status: number;
  headers: Record<string, string | string[]>;
  body: Record<string, unknown>;
}

const MISUNDERSTOOD = 'The request could not be understood';
const FAILED = 'The request failed inside the service';
// These sentences replace the framework's messages, which expose its internals.
const SENTENCES: Record<number, string> = {
  404: 'There is no such endpoint',
  408: 'The request took too long to arrive',
  413: 'The body is larger than this service accepts',
  415: 'The body must be JSON, sent with content-type application/json',
  431: 'The headers are larger than this service accepts',
  503: 'The service is temporarily unavailable',
};

/** Returns the problem that answers an error of any kind. An unexpected error becomes a 500 without details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof InvalidRequest) return problem(400, error.message, error.details, error.members);
  if (error instanceof Forbidden) return problem(403, error.message, error.details, error.members);
  if (error instanceof NotFound) return problem(404, error.message, error.details, error.members);
  if (error instanceof Conflict) {
    return { ...problem(409, error.message, error.details, error.members), headers: retryAfter(error.retryAfterSecs) };
  }
  if (error instanceof Unprocessable) return problem(422, error.message, error.details, error.members);
  if (error instanceof DatabaseUnavailable || error instanceof Overloaded)
    return plainProblem(503, error.message, retryAfter(error.retryAfterSecs));
  const status = statusOf(error);
  const isForClients = error instanceof HttpException && status < 500 && !(status in SENTENCES);
  return problem(status, isForClients ? error.message : sentenceOf(status));
}

/** Returns the header `Retry-After`, at least 1 second; none without a time. */
function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}

/** Returns a problem without details, by default with the sentence for its status. */
export function plainProblem(status: number, sentence = sentenceOf(status), headers: Problem['headers'] = {}): Problem {
  return { ...problem(status, sentence), headers };
}

/** Sends a problem as the answer to a request. */
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

/** Returns the status that an error of Nest, Fastify or Node carries; 500 if it carries none. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 500 ? status : 500;
}
