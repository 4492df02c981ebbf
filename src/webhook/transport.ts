import { HttpService } from '@nestjs/axios';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent, type Dispatcher, Pool } from 'undici';
import { NameResolver } from './dns/name-resolver';
import { Exchange, type WebhookResponse } from './exchange';
import { KeptConnection, type WithExchange } from './kept-connection';
import type { WebhookRequest } from './request';
import { guardedConnector, type Resolve } from './ssrf/guarded-connector';
import type { TargetPolicy } from './ssrf/target-policy';

const CONNECT_TIMEOUT_MS = 10_000;
/** Common servers close idle connections after two seconds or more; a call that meets the close is sent twice. */
const KEEP_ALIVE_MS = 1000;

/**
 * `HttpService` with one more method, `send`, which is all that webhooks use: it goes straight to undici, because axios
 * costs several times the call itself (docs/adr/0005). Connections are made only to allowed targets; redirects are not
 * followed; every status is a response, not an error.
 *
 * A server may close a kept connection at the moment when a request is sent on it, as in every graceful restart. The
 * request is then sent once more, on a new connection, within the same timeout. This is safe even if the first one was
 * processed, because both have the same `Idempotency-Key` (RFC 9110, 9.2.2). A failure on a new connection is final.
 */
export class WebhookTransport extends HttpService implements OnApplicationShutdown {
  private readonly kept: Agent;
  /** Opens a connection for each request, and closes it afterwards. */
  private readonly fresh: Agent;

  constructor(policy: TargetPolicy, resolve: Resolve = new NameResolver().resolve) {
    // Inherited methods would connect past the policy.
    super(
      new HttpService().axiosRef.create({ adapter: () => Promise.reject(new Error('Only send() may call webhooks')) }),
    );
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

  /** Sends a request; rejects if there is no response. */
  send({ origin, path, method, headers, body, timeoutMs, maxAnswerBytes }: WebhookRequest): Promise<WebhookResponse> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(timeoutMs, maxAnswerBytes, { resolve, reject }, () => dispatch(this.fresh));
      const options: Dispatcher.DispatchOptions & WithExchange = {
        origin,
        path,
        method,
        headers,
        body,
        exchange,
      };
      const dispatch = (agent: Agent): void => {
        try {
          agent.dispatch(options, exchange);
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
