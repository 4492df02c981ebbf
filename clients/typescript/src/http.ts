import { randomUUID } from 'node:crypto';
import { HooklineError } from './error.ts';
import { addressOf, MAX_TIMER_MS, visible, within } from './options.ts';
import { persist } from './persist.ts';

/** Address of the service and access to it. */
export interface HooklineOptions {
  /** Address of the service, e.g. `https://hookline.example.com`; may have a path. */
  url: string;
  /** A token from the service's `AUTH_TOKEN`, or from `AUTH_TOKEN_READ` to read only. */
  token?: string;
  /** Time to wait for the answer to each attempt in milliseconds, from 1; default 30,000. */
  timeoutMs?: number;
  /**
   * Number of further attempts at requests that are safe to repeat, while the service is away or busy. Pauses grow from
   * 0.2 s, are random, and follow `Retry-After` (a minute at most). 0 to 1,000, default 3.
   */
  retries?: number;
  /**
   * Whether the service refuses fields and filters that it does not know, such as mistyped ones, instead of ignoring them;
   * default true.
   */
  strict?: boolean;
}

export interface RequestOptions {
  /** Aborts the request, which rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface CreateOptions extends RequestOptions {
  /**
   * Makes it safe to repeat the call: the same key with the same graph returns the first result again. Use a new key for
   * each graph, such as a UUID: 1 to 255 visible ASCII characters. Default: a new one for each call, for its retries.
   */
  idempotencyKey?: string;
}

export interface RerunOptions extends RequestOptions {
  /** Reruns also what succeeded: the named tasks, and all of their descendants. */
  downstream?: boolean;
  /** Makes it safe to repeat the call, as in `CreateOptions`. */
  idempotencyKey?: string;
}

export interface BatchRerunOptions extends RerunOptions {
  /** Limits the rerun to these tasks and their unsuccessful descendants. */
  taskIds?: readonly string[];
}

export interface ReportOptions extends RequestOptions {
  /** The attempt that the report is about; default: the first. */
  attempt?: number;
}

interface Content extends RequestOptions {
  /** Members that are undefined are left out. */
  query?: object;
  headers?: Record<string, string>;
  body?: unknown;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 3;
const MAX_RETRIES = 1000;
const KEY = 'idempotency-key';

/** Sends requests to one service. */
export class Http {
  private readonly base: string;
  private readonly headers: Record<string, string>;
  private readonly timeoutMs: number;
  private readonly retries: number;

  /** @throws {TypeError} naming the faulty option. */
  constructor({ url, token, timeoutMs = TIMEOUT_MS, retries = RETRIES, strict = true }: HooklineOptions) {
    this.base = addressOf('url', url);
    if (token !== undefined) visible('token', token);
    within('timeoutMs', timeoutMs, [1, MAX_TIMER_MS]);
    within('retries', retries, [0, MAX_RETRIES]);
    this.headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(strict && { prefer: 'handling=strict' }),
    };
    this.timeoutMs = timeoutMs;
    this.retries = retries;
  }

  /**
   * Returns the header that makes a request safe to repeat; without a key, one of its own for its retries.
   * @throws {TypeError} if the key is malformed.
   */
  keyed(idempotencyKey: string | undefined = this.retries > 0 ? randomUUID() : undefined): Record<string, string> {
    if (idempotencyKey === undefined) return {};
    visible('idempotencyKey', idempotencyKey);
    return { [KEY]: idempotencyKey };
  }

  /**
   * Sends a request and returns the JSON of a successful answer.
   * @throws {HooklineError}
   */
  async json<T>(method: string, path: string, content?: Content): Promise<T> {
    return (await this.send(method, path, content)).body as T;
  }

  /**
   * Sends a request and returns a successful answer, with or without a body. What is safe to repeat is repeated.
   * @throws {HooklineError}
   */
  async send(method: string, path: string, { query = {}, headers, body, signal }: Content = {}): Promise<Answer> {
    const url = new URL(this.base + path);
    for (const [name, value] of Object.entries(query) as [string, string | number | boolean | undefined][])
      if (value !== undefined) url.searchParams.set(name, String(value));
    const request = { method, body, headers: { ...headers, ...this.headers }, timeoutMs: this.timeoutMs, signal };
    const isSafe = method === 'GET' || headers?.[KEY] !== undefined;
    return persist(() => exchange(url, request), { retries: isSafe ? this.retries : 0, signal });
  }

  /**
   * Opens a stream.
   * @throws {HooklineError}
   */
  async stream(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const response = await attempt(this.base + path, { headers: { ...this.headers, ...headers }, signal }, signal);
    if (!response.ok) throw await HooklineError.of(response);
    return response;
  }
}

export interface Answer {
  headers: Headers;
  body: unknown;
}

interface Exchange extends RequestOptions {
  method: string;
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs: number;
}

/**
 * Sends a request and reads the whole answer.
 * @throws {HooklineError}
 */
export async function exchange(url: string | URL, options: Exchange): Promise<Answer> {
  const { method, body, signal, timeoutMs } = options;
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
  const init: RequestInit = { method, headers: { ...options.headers }, signal: AbortSignal.any(limits) };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...options.headers, 'content-type': 'application/json' };
  }
  const response = await attempt(url, init, signal);
  if (!response.ok) throw await HooklineError.of(response);
  try {
    const text = await response.text();
    return { headers: response.headers, body: text ? JSON.parse(text) : undefined };
  } catch (error) {
    signal?.throwIfAborted();
    throw HooklineError.unreachable(error);
  }
}

/** Rejects with the caller's reason if the caller aborted, else with a `HooklineError`. */
async function attempt(url: string | URL, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    signal?.throwIfAborted();
    throw HooklineError.unreachable(error);
  }
}
