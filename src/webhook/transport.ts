import { HttpService } from '@nestjs/axios';
import type { OnApplicationShutdown } from '@nestjs/common';
import { type AxiosRequestConfig, type AxiosResponse, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import { EventEmitter } from 'node:events';
import { from, type Observable } from 'rxjs';
import { Agent, type Dispatcher, errors } from 'undici';
import { guardedConnector, type Resolve } from './ssrf/guarded-connector';
import type { TargetPolicy } from './ssrf/target-policy';

const CONNECT_TIMEOUT_MS = 10_000;
/**
 * A connection is not used again after so long without a call. Common servers close theirs after two seconds or more,
 * and a call that meets such a close is lost without anyone knowing whether it was heard: a task would fail for it.
 */
const KEEP_ALIVE_MS = 1000;

/**
 * `HttpService` over undici. The port stays that of @nestjs/axios; the way through axios's interceptors, transforms
 * and adapter is not taken, because it costs several times the call itself (docs/adr/0005).
 *
 * It understands what webhooks need: `url`, `method`, `headers`, `data` (a string), `timeout` for the whole exchange
 * and `maxContentLength`, beyond which the answer is cut off and `data` is undefined. Redirects are not followed, and
 * every status is an answer, not an error. Connections are made only where the policy of targets allows; one that is
 * kept and used again leads where it was allowed to.
 */
export class WebhookTransport extends HttpService implements OnApplicationShutdown {
  private readonly agent: Agent;

  /** @param resolve finds the addresses of names; the system's resolver unless given. */
  constructor(policy: TargetPolicy, resolve?: Resolve) {
    super();
    const connect = guardedConnector(policy, { timeout: CONNECT_TIMEOUT_MS }, resolve);
    this.agent = new Agent({
      connect,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
    });
  }

  override request<T>(config: AxiosRequestConfig<string>): Observable<AxiosResponse<T>> {
    return from(this.exchange(config) as Promise<AxiosResponse<T>>);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }

  /** One timer covers connect, wait and body. */
  private async exchange(config: AxiosRequestConfig<string>): Promise<AxiosResponse<Buffer | undefined>> {
    // An emitter is a cheaper signal than an AbortController.
    const signal = new EventEmitter();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        signal.emit('abort');
        // undici hears the signal only once it is connected, which may take longer.
        reject(new errors.RequestAbortedError());
      }, config.timeout);
    });
    try {
      return await Promise.race([this.send(config, signal), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async send(
    config: AxiosRequestConfig<string>,
    signal: EventEmitter,
  ): Promise<AxiosResponse<Buffer | undefined>> {
    const { url = '', method = 'GET', headers, data, maxContentLength = Infinity } = config;
    const target = new URL(url);
    const answer = await this.agent.request({
      origin: target.origin,
      path: target.pathname + target.search,
      method: method,
      headers: headers as Record<string, string>,
      body: data,
      signal,
    });
    return {
      data: await readUpTo(maxContentLength, answer.body),
      status: answer.statusCode,
      statusText: '',
      headers: {},
      config: { ...config, headers: new AxiosHeaders() } as InternalAxiosRequestConfig,
    };
  }
}

/** The body, or undefined when it is longer than allowed; the rest of it is not read. */
async function readUpTo(limit: number, body: Dispatcher.ResponseData['body']): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the stream, and with it the connection: nobody waits for a gigabyte.
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}
