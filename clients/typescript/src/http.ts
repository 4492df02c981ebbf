import { HooklineError } from './error.ts';

/** Address of the service and access to it. */
export interface HooklineOptions {
  /** Address of the service, e.g. `https://hookline.example.com`; may have a path. */
  url: string;
  /** One of the service's `AUTH_TOKEN`, if set there. */
  token?: string;
  /** Time to wait for an answer in milliseconds; default 30,000. */
  timeoutMs?: number;
}

export interface RequestOptions {
  /** Aborts the request, which rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface CreateOptions extends RequestOptions {
  /**
   * Makes it safe to repeat the request: the same key with the same graph returns the first result again. Use a new key
   * for each graph, such as a UUID: 1 to 255 visible ASCII characters.
   */
  idempotencyKey?: string;
}

export interface RerunOptions extends RequestOptions {
  /** Reruns also what succeeded: the named tasks, and all of their descendants. */
  downstream?: boolean;
  /** Makes it safe to repeat the request, as in `CreateOptions`. */
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

/** Sends requests to one service. */
export class Http {
  private readonly base: string;
  private readonly headers: Record<string, string>;
  private readonly timeoutMs: number;

  constructor({ url, token, timeoutMs = TIMEOUT_MS }: HooklineOptions) {
    this.base = new URL(url).href.replace(/\/+$/, '');
    this.headers = token ? { authorization: `Bearer ${token}` } : {};
    this.timeoutMs = timeoutMs;
  }

  /**
   * Sends a request and returns the JSON of a successful answer.
   * @throws {HooklineError}
   */
  async json<T>(method: string, path: string, content?: Content): Promise<T> {
    return (await this.send(method, path, content)).body as T;
  }

  /**
   * Sends a request and returns a successful answer, with or without a body.
   * @throws {HooklineError}
   */
  async send(method: string, path: string, { query = {}, headers, body, signal }: Content = {}): Promise<Answer> {
    const url = new URL(this.base + path);
    for (const [name, value] of Object.entries(query) as [string, string | number | boolean | undefined][])
      if (value !== undefined) url.searchParams.set(name, String(value));
    return exchange(url, { method, body, headers: { ...headers, ...this.headers }, timeoutMs: this.timeoutMs, signal });
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
