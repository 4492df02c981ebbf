import { HttpService } from '@nestjs/axios';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { Observable, type Subscriber } from 'rxjs';
import { Agent, type Dispatcher, Pool } from 'undici';
import { NameResolver } from './dns/name-resolver';
import { Exchange } from './exchange';
import { KeptConnection, type Informed } from './kept-connection';
import { guardedConnector, type Resolve } from './ssrf/guarded-connector';
import type { TargetPolicy } from './ssrf/target-policy';

const CONNECT_TIMEOUT_MS = 10_000;
/**
 * A connection is not used again after so long without a call. Common servers close theirs after two seconds or more,
 * and a call that meets such a close costs a second one.
 */
const KEEP_ALIVE_MS = 1000;

/**
 * `HttpService` over undici. The port stays that of @nestjs/axios; the way through axios's interceptors, transforms
 * and adapter is not taken, because it costs several times the call itself (docs/adr/0005).
 *
 * It understands what webhooks need: `baseURL` (the origin), `url` (path and query), `method`, `headers`, `data` (a
 * string), `timeout` for the whole exchange and `maxContentLength`, beyond which the answer is cut off. `data` is what was
 * read, or why it cannot be. Redirects are not followed, and every status is an answer, not an error. Connections are made only where
 * the policy of targets allows; one that is kept and used again leads where it was allowed to.
 *
 * A server may close a kept connection at the very moment at which a call is sent on it, as every graceful restart does.
 * Such a call is made once more, on a new connection, within the same timeout. Its `Idempotency-Key` makes that allowed
 * (RFC 9110, 9.2.2) should the first one have been heard after all. What fails on a new connection has failed.
 */
export class WebhookTransport extends HttpService implements OnApplicationShutdown {
  private readonly kept: Agent;
  /** Connects for each call, and closes the connection after it. */
  private readonly fresh: Agent;

  /** @param resolve finds the addresses of names. */
  constructor(policy: TargetPolicy, resolve: Resolve = new NameResolver().resolve) {
    super();
    const options: Agent.Options = {
      connect: guardedConnector(policy, { timeout: CONNECT_TIMEOUT_MS }, resolve),
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (origin, ofAgent) =>
        new Pool(origin, { ...ofAgent, factory: (url, ofPool) => new KeptConnection(url, ofPool) }),
    };
    this.kept = new Agent({ ...options, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS });
    this.fresh = new Agent({ ...options, pipelining: 0 });
  }

  override request<T>(config: AxiosRequestConfig<string>): Observable<AxiosResponse<T>> {
    return new Observable((subscriber) => {
      const exchange = new Exchange(config, subscriber as Subscriber<unknown>, () => dispatch(this.fresh));
      const dispatch = (agent: Agent): void => {
        try {
          agent.dispatch(requestOf(config, exchange), exchange);
        } catch (error) {
          exchange.onResponseError(undefined, error as Error);
        }
      };
      dispatch(this.kept);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.kept.destroy(), this.fresh.destroy()]);
  }
}

function requestOf(config: AxiosRequestConfig<string>, exchange: Exchange): Dispatcher.DispatchOptions & Informed {
  return {
    origin: config.baseURL,
    path: config.url!,
    method: config.method as Dispatcher.HttpMethod,
    headers: config.headers as Record<string, string>,
    body: config.data,
    exchange,
  };
}
