import { Injectable, Logger } from '@nestjs/common';
import { commonTrace } from '../domain/trace-context';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { type Answer, answerOf, failureOf, UNCALLABLE } from './answer';
import { excerptOf } from './answer-excerpt';
import type { Call } from './call';
import { CallSpan } from './call-span';
import { groupId, inRequests } from './group';
import { answersOf } from './group-answer';
import { type GroupEntry, RequestBuilder, type WebhookRequest } from './request';
import { WebhookTransport } from './transport';

/** Calls webhooks, with metrics and a span for each request. A failed call is an answer, not an exception. */
@Injectable()
export class WebhookClient {
  private readonly logger = new Logger(WebhookClient.name);

  constructor(
    private readonly requests: RequestBuilder,
    private readonly transport: WebhookTransport,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {}

  async send(call: Call): Promise<Answer> {
    const begun = performance.now();
    const span = CallSpan.of(this.tracing, call);
    const answer = await this.exchange(call, this.requests.build(call, span?.context ?? call.trace));
    this.metrics.webhooks.attempted(call.trigger, answer, performance.now() - begun);
    span?.end(answer);
    return answer;
  }

  /**
   * Sends calls with the same group key in one request, or in several at once if they are large. Returns their answers in the
   * same order.
   */
  async sendGroup(calls: readonly Call[]): Promise<Answer[]> {
    const requests = inRequests(calls.map((call) => this.requests.entryOf(call)));
    const answers = await Promise.all(requests.map((entries) => this.sendEntries(entries)));
    return answers.flat();
  }

  private async sendEntries(entries: readonly GroupEntry[]): Promise<Answer[]> {
    const begun = performance.now();
    const calls = entries.map(({ call }) => call);
    const keys = calls.map(({ key }) => key);
    const id = groupId(keys);
    const span = CallSpan.ofGroup(this.tracing, calls, id);
    const trace = commonTrace(calls);
    // Calls of several traces name theirs in the body.
    const sent = trace === undefined ? null : (span?.context ?? trace);
    const answer = await this.exchange(calls[0], this.requests.buildGroup(entries, id, sent));
    const answers = answersOf(calls, answer, (fault) => this.logger.warn(fault, { group: id, calls: calls.length }));
    this.metrics.webhooks.groupAttempted(calls[0].trigger, answers, performance.now() - begun);
    span?.end(answer);
    return answers;
  }

  /** @param call of the request, or the first of a group: their actions have the same headers */
  private async exchange({ params }: Call, request: WebhookRequest | undefined): Promise<Answer> {
    if (!request) return UNCALLABLE;
    const begun = performance.now();
    let answer: Answer;
    try {
      answer = answerOf(await this.transport.send(request), request.maxAnswerBytes);
    } catch (error) {
      answer = failureOf(error, request.timeoutMs / 1000);
    }
    if (answer.uncallable) return answer;
    answer.durationMs = Math.round(performance.now() - begun);
    const text = answer.body?.textSoFar();
    if (text !== undefined) answer.excerpt = excerptOf(text, params);
    return answer;
  }
}
