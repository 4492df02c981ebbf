import { Injectable } from '@nestjs/common';
import type { TraceContext } from '../domain/trace-context';
import { Metrics } from '../metrics/metrics';
import { Tracing } from '../tracing/tracing';
import { type Answer, answerOf, failureOf, UNCALLABLE } from './answer';
import type { Call } from './call';
import { CallSpan } from './call-span';
import { RequestBuilder, type WebhookRequest } from './request';
import { WebhookTransport } from './transport';

/** Calls webhooks, with metrics and a span for each call. A failed call is an answer, not an exception. */
@Injectable()
export class WebhookClient {
  constructor(
    private readonly requests: RequestBuilder,
    private readonly transport: WebhookTransport,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {}

  async send(call: Call): Promise<Answer> {
    const begun = performance.now();
    const span = CallSpan.of(this.tracing, call);
    const answer = await this.exchange(call, span?.context ?? call.trace);
    this.metrics.webhooks.attempted(call.trigger, answer, performance.now() - begun);
    span?.end(answer);
    return answer;
  }

  private async exchange(call: Call, trace: TraceContext | null): Promise<Answer> {
    const request = this.requestOf(call, trace);
    if (!request) return UNCALLABLE;
    try {
      return answerOf(await this.transport.send(request));
    } catch (error) {
      return failureOf(error, call.timeoutSecs);
    }
  }

  private requestOf(call: Call, trace: TraceContext | null): WebhookRequest | undefined {
    try {
      return this.requests.build(call, trace);
    } catch {
      return undefined; // A row edited by hand; throwing would end this process, and then the next one.
    }
  }
}
