import { HttpService } from '@nestjs/axios';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { Observable, type Subscriber } from 'rxjs';
import { Agent, type Dispatcher } from 'undici';
import { guardedConnector, type Resolve } from './ssrf/guarded-connector';
import type { TargetPolicy } from './ssrf/target-policy';

const CONNECT_TIMEOUT_MS = 10_000;
/**
 * A connection is not used again after so long without a call. Common servers close theirs after two seconds or more,
 * and a call that meets such a close is lost without anyone knowing whether it was heard: a task would fail for it.
 */
const KEEP_ALIVE_MS = 1000;

/** The exchange was not over in time, whatever part of it took so long. */
export class ExchangeTimeout extends Error {}

/**
 * `HttpService` over undici. The port stays that of @nestjs/axios; the way through axios's interceptors, transforms
 * and adapter is not taken, because it costs several times the call itself (docs/adr/0005).
 *
 * It understands what webhooks need: `baseURL` (the origin), `url` (path and query), `method`, `headers`, `data` (a
 * string), `timeout` for the whole exchange and `maxContentLength`, beyond which the answer is cut off and `data` is
 * undefined. Redirects are not followed, and every status is an answer, not an error. Connections are made only where
 * the policy of targets allows; one that is kept and used again leads where it was allowed to.
 */
export class WebhookTransport extends HttpService implements OnApplicationShutdown {
  private readonly agent: Agent;

  /** @param resolve finds the addresses of names; the system's resolver unless given. */
  constructor(policy: TargetPolicy, resolve?: Resolve) {
    super();
    this.agent = new Agent({
      connect: guardedConnector(policy, { timeout: CONNECT_TIMEOUT_MS }, resolve),
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
    });
  }

  override request<T>(config: AxiosRequestConfig<string>): Observable<AxiosResponse<T>> {
    return new Observable((subscriber) => {
      const exchange = new Exchange(config, subscriber as Subscriber<unknown>);
      try {
        this.agent.dispatch(
          {
            origin: config.baseURL,
            path: config.url!,
            method: config.method as Dispatcher.HttpMethod,
            headers: config.headers as Record<string, string>,
            body: config.data,
          },
          exchange,
        );
      } catch (error) {
        exchange.onResponseError(undefined, error as Error);
      }
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }
}

/** One request and its answer, as undici tells of them. One timer covers connect, wait and body. */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly timer: NodeJS.Timeout;
  private readonly chunks: Buffer[] = [];
  private controller?: Dispatcher.DispatchController;
  private status = 0;
  private headers: AxiosResponse['headers'] = {};
  private length = 0;
  private over = false;

  constructor(
    private readonly config: AxiosRequestConfig<string>,
    private readonly subscriber: Subscriber<unknown>,
  ) {
    this.timer = setTimeout(() => this.fail(new ExchangeTimeout()), config.timeout);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It may have waited for a connection for longer than it had.
    if (this.over) controller.abort(new ExchangeTimeout());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AxiosResponse['headers']): void {
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.length += chunk.length;
    this.chunks.push(chunk);
    // Nobody waits for a gigabyte: the rest is not read, and the connection ends.
    if (this.length > this.config.maxContentLength!) this.finish(undefined, true);
  }

  onResponseEnd(): void {
    this.finish(this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks));
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.fail(error);
  }

  private finish(data: Buffer | undefined, cut = false): void {
    if (this.end(cut)) {
      const { status, headers, config } = this;
      this.subscriber.next({ data, status, statusText: '', headers, config });
      this.subscriber.complete();
    }
  }

  private fail(error: Error): void {
    if (this.end(true)) this.subscriber.error(error);
  }

  /** Answers whether this is the end, and not something that comes after it. */
  private end(abort: boolean): boolean {
    if (this.over) return false;
    this.over = true;
    clearTimeout(this.timer);
    if (abort) this.controller?.abort(new ExchangeTimeout());
    return true;
  }
}
